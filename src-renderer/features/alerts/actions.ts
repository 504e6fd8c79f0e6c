import type { AlertSummary, AlertView } from '../../../src-shared/contract/alerts.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { useSession } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { words } from './strings.ts';

type Ref = Pick<AlertSummary, 'id' | 'reference'>;

/** Most alerts that one press may acknowledge; more would be taking without looking. */
const MOST = 50;

/** Puts an answer into every list and detail on screen at once; the change stream confirms it a moment later. */
function show(view: AlertView): true {
  const { organisationId } = useSession.getState();
  queryClient.setQueryData(api.alerts.get.queryKey({ input: { organisationId, alertId: view.id } }), view);
  queryClient.setQueriesData<{ rows: AlertSummary[] }>({ queryKey: [['alerts', 'list']] }, (list) =>
    list === undefined ? list : { ...list, rows: list.rows.map((row) => (row.id === view.id ? view : row)) },
  );
  return true;
}

const named = (alerts: readonly Ref[]) =>
  alerts.length === 1 ? (alerts[0]?.reference ?? '') : words.alerts(alerts.length);

type OneAlert = { organisationId: string; alertId: string };

/** One change of one alert, shown at once. True: it was done; a refusal has been said on screen. */
export async function change(alertId: string, work: (one: OneAlert) => Promise<AlertView>): Promise<boolean> {
  const { organisationId } = useSession.getState();
  return (await attempt(async () => show(await work({ organisationId, alertId })))) ?? false;
}

async function each(alerts: readonly Ref[], work: (one: OneAlert) => Promise<AlertView>): Promise<boolean> {
  for (const { id } of alerts) if (!(await change(id, work))) return false;
  return alerts.length > 0;
}

const giveBack = (alerts: readonly Ref[]) => each(alerts, (one) => client.alerts.unacknowledge(one));

/** One key: somebody has it now. Up to fifty at once share the note. True: it was done. */
export async function acknowledge(
  alerts: readonly Ref[],
  more: { note?: string; forMinutes?: number } = {},
): Promise<boolean> {
  const { organisationId, doTask } = useSession.getState();
  const taken = alerts.slice(0, MOST);
  const done =
    taken.length === 1
      ? await each(taken, (one) => client.alerts.acknowledge({ ...one, ...more }))
      : await attempt(async () => {
          const alertIds = taken.map(({ id }) => id);
          return (await client.alerts.acknowledgeMany({ organisationId, alertIds, note: more.note ?? '' })).changed > 0;
        });
  if (!done) return false;
  doTask('acknowledge');
  useUndo.getState().offer({
    id: `ack ${taken.map(({ id }) => id).join(' ')}`,
    text: words.acknowledged(named(taken)),
    undo: () => giveBack(taken),
    redo: () => acknowledge(taken, more),
  });
  return true;
}

/** Gives alerts back to whoever is on call. */
export const unacknowledge = giveBack;

/** Sleeps until an instant (ISO); the end is shown as `until`. */
export async function snooze(alerts: readonly Ref[], at: string, until: string, note: string): Promise<boolean> {
  if (!(await each(alerts, (one) => client.alerts.snooze({ ...one, until: at, note })))) return false;
  useUndo.getState().offer({
    id: `snooze ${alerts.map(({ id }) => id).join(' ')}`,
    text: words.snoozed(named(alerts), until),
    undo: () => giveBack(alerts),
    redo: () => snooze(alerts, at, until, note),
  });
  return true;
}

export const resolve = (alerts: readonly Ref[], note: string) =>
  each(alerts, (one) => client.alerts.resolve({ ...one, note }));

/** What rests since a restore goes on from now; all of it when none are named. */
export async function release(alerts?: readonly Ref[]): Promise<void> {
  const { organisationId } = useSession.getState();
  const which = alerts === undefined ? {} : { alertIds: alerts.map(({ id }) => id) };
  await attempt(() => client.alerts.release({ organisationId, ...which }));
}

export const escalate = (alerts: readonly Ref[]) => each(alerts, (one) => client.alerts.escalate(one));
