import type { AlertView } from '../../../../src-shared/contract/alerts.ts';
import { restsUntil } from '../../../../src-shared/domain/alert/alert.ts';
import { LONGEST_ACK_MS, LONGEST_SNOOZE_MS } from '../../../../src-shared/domain/alert/life.ts';
import { Severity } from '../../../../src-shared/domain/alert/severity.ts';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import { systemClock } from '../../../platform/runtime.ts';
import { type Command, endOf, text, UsageError, wholeNumber, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';

/** One alert with its timeline and what became of each message. */
function shown(alert: AlertView, when: (at: string | null) => string): string {
  return [
    `${alert.reference} ${alert.severity}${alert.severity === alert.reportedSeverity ? '' : ` (raised from ${alert.reportedSeverity})`} · ${alert.state} · ${alert.title}`,
    ...(alert.fromBackup === null ? [] : [`From the backup of ${when(alert.fromBackup)}. ${restsUntil}`]),
    `${alert.weddingsToday} weddings today, ${alert.weddingsAffected} affected`,
    table(
      ['step', 'channel', 'recipient', 'state', 'why'],
      alert.deliveries.map((each) => [String(each.step), each.channel, each.recipient, each.state, each.rule]),
    ),
    ...alert.timeline.map((each) => `${when(each.at)} ${each.kind}: ${each.text}`),
  ].join('\n');
}

const MINUTE_MS = 60_000;

/** Waits until every message of the alert was answered, or ten seconds; the console goes on either way. */
async function told(client: Client, organisationId: string, alert: AlertView): Promise<AlertView> {
  let latest = alert;
  for (let tries = 0; tries < 100 && latest.deliveries.some((each) => each.state === 'waiting'); tries++) {
    await systemClock.sleep(100);
    latest = await client.alerts.get({ organisationId, alertId: alert.id });
  }
  return latest;
}

export const command: Command = {
  async known({ console, organisation }) {
    const { client } = await console();
    const { rows } = await client.alerts.list({ organisationId: await organisation(), filter: 'open' });
    return { list: 'alert list', all: rows.map(({ id, reference }) => ({ id, name: reference })) };
  },
  about: 'raises alerts, lists them, and takes, snoozes or ends them',
  usage: [
    'alert raise --severity info|warning|critical|emergency --title T [--detail D] [--venue V]… [--key K] [--source S] [--no-wait]',
    'alert list [--filter needs_me|open|acknowledged|snoozed|resolved]',
    'alert show ID',
    'alert ack ID [--note N] [--minutes M]',
    'alert snooze ID (--minutes M | --until INSTANT) [--note N]',
    'alert resolve ID [--note N]',
    'alert escalate ID',
    'alert release (ID… | --all)   (what rests since a restore goes on from now)',
    'alert report ID…',
  ],
  examples: [
    'alert raise --severity critical --title "Gallery does not load" --venue "Barn at Wick"',
    'alert list --filter needs_me',
    'alert ack A-1001 --note "On it"',
    'alert snooze A-1001 --minutes 30',
    'alert resolve A-1001 --note "Vendor restarted it"',
  ],
  options: {
    severity: { type: 'string' },
    title: { type: 'string' },
    detail: { type: 'string' },
    venue: { type: 'string', multiple: true },
    key: { type: 'string' },
    source: { type: 'string' },
    filter: { type: 'string' },
    note: { type: 'string' },
    minutes: { type: 'string' },
    until: { type: 'string' },
    all: { type: 'boolean' },
    'no-wait': { type: 'boolean' },
  },
  async run({ words, options, console, organisation, when }) {
    const action = word(words, 0, 'what to do with alerts');
    const one = async (alert: AlertView) => {
      const wait = options['no-wait'] !== true;
      const latest = wait ? await told((await console()).client, await organisation(), alert) : alert;
      return { value: latest, text: shown(latest, await when()) };
    };
    if (action === 'raise') {
      const severity = Severity.safeParse(text(options, 'severity'));
      if (!severity.success) throw new UsageError('--severity takes info, warning, critical or emergency');
      const title = text(options, 'title');
      if (title === undefined || title.trim() === '') throw new UsageError('--title is missing');
      const { client } = await console();
      const { venue } = options;
      return one(
        await client.alerts.raise({
          organisationId: await organisation(),
          severity: severity.data,
          title,
          detail: text(options, 'detail') ?? '',
          venues: Array.isArray(venue) ? venue.map(String) : [],
          key: text(options, 'key') ?? '',
          source: text(options, 'source') ?? 'command',
        }),
      );
    }
    const { client } = await console();
    const organisationId = await organisation();
    if (action === 'list') {
      const filter = text(options, 'filter') ?? 'open';
      const names = ['needs_me', 'open', 'acknowledged', 'snoozed', 'resolved'] as const;
      const known = names.find((name) => name === filter);
      if (known === undefined) throw new UsageError(`--filter takes ${names.join(', ')}`);
      const { rows, answer } = await client.alerts.list({ organisationId, filter: known });
      const at = await when();
      const alerts = await Promise.all(rows.map(({ id }) => client.alerts.get({ organisationId, alertId: id })));
      return {
        value: alerts,
        text: [
          answer,
          table(
            ['ref', 'severity', 'state', 'raised', 'title', 'owner', 'note'],
            alerts.map((each) => [
              each.reference,
              each.severity,
              each.state,
              at(each.raisedAt),
              each.title,
              each.owner ?? '',
              each.fromBackup === null ? '' : `rests: from the backup of ${at(each.fromBackup)}`,
            ]),
          ),
        ].join('\n'),
      };
    }
    if (action === 'release') {
      const ids = words.slice(1);
      if (ids.length > 0 === (options.all === true))
        throw new UsageError('alert release takes the alerts to release, or --all');
      const { released } = await client.alerts.release({
        organisationId,
        ...(ids.length > 0 ? { alertIds: ids } : {}),
      });
      return { value: { released }, text: `${counted(released, 'alert')} released.` };
    }
    if (!['show', 'ack', 'snooze', 'resolve', 'escalate', 'report'].includes(action))
      throw new UsageError(`alert does not know "${action}"`);
    const alertId = word(words, 1, 'ID');
    const note = text(options, 'note') ?? '';
    switch (action) {
      case 'show':
        return one(await client.alerts.get({ organisationId, alertId }));
      case 'ack': {
        const minutes = wholeNumber(options, 'minutes', 1, LONGEST_ACK_MS / MINUTE_MS);
        const forMinutes = minutes === undefined ? {} : { forMinutes: minutes };
        return one(await client.alerts.acknowledge({ organisationId, alertId, note, ...forMinutes }));
      }
      case 'snooze': {
        const until = isoOf(endOf(options, 'A snooze', LONGEST_SNOOZE_MS));
        return one(await client.alerts.snooze({ organisationId, alertId, note, until }));
      }
      case 'resolve':
        return one(await client.alerts.resolve({ organisationId, alertId, note }));
      case 'escalate':
        return one(await client.alerts.escalate({ organisationId, alertId }));
      case 'report': {
        const report = await client.alerts.report({ organisationId, alertIds: words.slice(1) });
        return { value: report, text: report.text };
      }
      default:
        throw new UsageError(`alert does not know "${action}"`);
    }
  },
};
