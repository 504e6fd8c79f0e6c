import { setTimeout as wait } from 'node:timers/promises';
import { DeliveryView } from '../../../../src-shared/contract/deliveries.ts';
import { type Command, text, UsageError, wholeNumber, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';

const head = ['id', 'system', 'action', 'about', 'state', 'tries', 'next try', 'last error'];
const rowIn = (when: (at: string | null) => string) => (job: DeliveryView) => [
  job.id,
  job.system,
  job.action,
  job.subject?.text ?? '',
  job.inDoubt ? `${job.state}, in doubt` : job.state,
  String(job.attempts),
  when(job.nextAttemptAt),
  job.lastError ?? '',
];

async function everyJob(
  client: Client,
  organisationId: string,
  state?: DeliveryView['state'],
): Promise<DeliveryView[]> {
  const all: DeliveryView[] = [];
  let after: string | null = null;
  do {
    const page: { rows: DeliveryView[]; next: string | null } = await client.deliveries.list({
      organisationId,
      after,
      ...(state === undefined ? {} : { state }),
    });
    all.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return all;
}

export const command: Command = {
  async known({ console, organisation }) {
    const { rows } = await (await console()).client.deliveries.list({ organisationId: await organisation() });
    return { list: 'queue list', all: rows.map(({ id }) => ({ id })) };
  },
  about: 'deliveries to the outside: waiting, held, delivered, failed',
  usage: ['queue list [--state S]', 'queue retry ID', 'queue drain [--timeout S]'],
  examples: ['queue list --state failed', 'queue retry ID', 'queue drain --timeout 60'],
  options: { state: { type: 'string' }, timeout: { type: 'string' } },
  async run({ words, options, console, organisation, progress, when }) {
    const row = async () => rowIn(await when());
    switch (words[0]) {
      case 'list': {
        const given = text(options, 'state');
        const state = given === undefined ? undefined : DeliveryView.shape.state.safeParse(given);
        if (state?.success === false)
          throw new UsageError(`--state takes ${DeliveryView.shape.state.options.join(', ')}`);
        const jobs = await everyJob((await console()).client, await organisation(), state?.data);
        return {
          value: jobs,
          text: `${table(head, jobs.map(await row()), [5])}\n${counted(jobs.length, 'delivery', 'deliveries')}`,
        };
      }
      case 'retry': {
        const { client } = await console();
        const job = await client.deliveries.retry({ organisationId: await organisation(), id: word(words, 1, 'ID') });
        return { value: job, text: table(head, [(await row())(job)], [5]) };
      }
      case 'drain': {
        const timeoutMs = (wholeNumber(options, 'timeout', 0, 86_400) ?? 60) * 1_000;
        const { client } = await console();
        const organisationId = await organisation();
        const until = performance.now() + timeoutMs;
        let first: number | null = null;
        for (;;) {
          const [queued, sending] = await Promise.all([
            everyJob(client, organisationId, 'queued'),
            everyJob(client, organisationId, 'sending'),
          ]);
          const left = [...queued, ...sending];
          first ??= left.length;
          progress.show('Sending', first - left.length, first);
          if (left.length === 0 || performance.now() > until) {
            const stuck = [...left, ...(await everyJob(client, organisationId, 'held'))];
            return {
              value: stuck,
              text: stuck.length === 0 ? 'The queue is empty.' : table(head, stuck.map(await row()), [5]),
              exit: stuck.length === 0 ? 0 : 1,
            };
          }
          await wait(250);
        }
      }
      default:
        throw new UsageError(`queue does not know "${words[0] ?? ''}"`);
    }
  },
};
