import { defaultRouting, ON_CALL, type RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';

/** Numbers of the range the regulator keeps free for drama; addresses under a name that never resolves. */
const practiceRouting: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    { id: 'slack-wedding-ops', channel: 'slack', name: '#wedding-ops', address: 'C0WEDDAY', personId: null },
    { id: 'email-ops', channel: 'email', name: 'Ops desk', address: 'ops@bluebell.example', personId: null },
    {
      id: 'email-management',
      channel: 'email',
      name: 'Management',
      address: 'management@bluebell.example',
      personId: null,
    },
    { id: 'pagerduty-ops', channel: 'pagerduty', name: 'Wedding ops service', address: 'default', personId: null },
    { id: 'webhook-status', channel: 'webhook', name: 'Status page', address: 'default', personId: null },
    { id: 'sms-alex', channel: 'sms', name: 'Alex Morgan', address: '+447700900123', personId: 'alex' },
    { id: 'sms-sam', channel: 'sms', name: 'Sam Okafor', address: '+447700900456', personId: 'sam' },
    { id: 'sms-management', channel: 'sms', name: 'Management', address: '+447700900654', personId: null },
  ],
  usual: {
    slack: ['slack-wedding-ops'],
    email: ['email-ops'],
    pagerduty: ['pagerduty-ops'],
    webhook: ['webhook-status'],
    sms: [ON_CALL],
  },
  management: ['email-management', 'sms-management'],
  rota: { people: ['alex', 'sam'], startsOn: '2026-01-02', handoverAt: '09:00', shiftDays: 7, overrides: [] },
};

/** Played by the sandbox, as an outside watchdog would. */
const practiceHeartbeat = 'https://heartbeat.bluebell.example/ping/wedding-ops';

/** Who the practice organisation tells, and where its heartbeat goes; once, later changes stay. */
export async function seedPracticeRouting(store: Store, runtime: Runtime, organisationId: string): Promise<void> {
  if ((await getOpsSetting(store.read, organisationId, 'routing')) !== null) return;
  const at = runtime.clock.now();
  await store.transaction(async (tx) => {
    await putOpsSetting(tx, organisationId, 'routing', JSON.stringify(practiceRouting), at);
    await putOpsSetting(tx, organisationId, 'heartbeat', JSON.stringify({ url: practiceHeartbeat }), at);
  });
}
