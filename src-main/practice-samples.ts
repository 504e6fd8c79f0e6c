import { practiceEmail } from './adapters/email/sandbox.ts';
import { practiceLooker } from './adapters/looker/sandbox.ts';
import { practicePagerDuty } from './adapters/pagerduty/sandbox.ts';
import { practicePowerBi } from './adapters/powerbi/sandbox.ts';
import { practiceSlack } from './adapters/slack/sandbox.ts';
import { practiceSms } from './adapters/sms/sandbox.ts';
import { practiceTableau } from './adapters/tableau/sandbox.ts';
import { practiceWebhook } from './adapters/webhook/sandbox.ts';
import { practiceWarehouse } from './platform/practice-warehouse.ts';

interface Sample {
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

const consoleAddress = 'https://console.bluebell.example';

/** What a person would have typed, where a system does not start without it; the sandbox takes these and no others. */
export const practiceSamples: Readonly<Record<string, Sample>> = {
  datadog: { secrets: { apiKey: 'eu1practicekey00000000000000000001' } },
  newrelic: {
    settings: { accountId: '1234567' },
    secrets: { licenceKey: 'eu01xxpracticelicencekey000000000000NRAL', userKey: 'NRAK-PRACTICE00000000000000000' },
  },
  grafana: { secrets: { writeToken: 'glc_practicetoken0001', serviceToken: 'glsa_practiceservicetoken0000001' } },
  warehouse: { settings: { host: practiceWarehouse.host }, secrets: { password: practiceWarehouse.password } },
  powerbi: {
    settings: {
      tenantId: practicePowerBi.tenantId,
      clientId: practicePowerBi.clientId,
      workspaceId: practicePowerBi.workspaceId,
      modelId: practicePowerBi.modelId,
    },
    secrets: { clientSecret: practicePowerBi.clientSecret },
  },
  tableau: { secrets: { tokenSecret: practiceTableau.tokenSecret } },
  looker: { secrets: { clientSecret: practiceLooker.clientSecret } },
  quickbooks: { secrets: { clientSecret: 'practice-secret-of-quickbooks-0001' } },
  freshbooks: { secrets: { clientSecret: 'practice-secret-of-freshbooks-0001' } },
  honeybook: { settings: { mode: 'zapier' } },
  slack: {
    settings: { people: 'U0ALEX = alex\nU0PRIYA = priya\nU0SAM = sam', consoleAddress },
    secrets: { botToken: practiceSlack.botToken, appToken: practiceSlack.appToken },
  },
  email: {
    settings: {
      host: practiceEmail.host,
      port: 465,
      security: 'implicit',
      user: practiceEmail.user,
      from: practiceEmail.from,
    },
    secrets: { password: practiceEmail.password },
  },
  sms: {
    settings: { accountSid: practiceSms.accountSid, sender: practiceSms.service },
    secrets: { key: practiceSms.key, keySecret: practiceSms.keySecret },
  },
  pagerduty: { settings: { consoleAddress }, secrets: { ...practicePagerDuty } },
  webhook: {
    settings: { targets: `status = ${practiceWebhook.url}` },
    secrets: { signingKeys: practiceWebhook.signingKey },
  },
};
