import type { SendingSeat } from '../../../src-shared/contract/settings.ts';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';

import type { Runtime } from '../../ports/runtime.ts';
import type { Seat, SeatDecision } from '../../ports/seat.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { auditHead } from '../../store/repositories/audit.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import * as rows from '../../store/repositories/sending-seats.ts';
import type { Alerts } from '../alerts/index.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { NoticePort } from '../engine.ts';
import type { Events } from '../events.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';
import { isRival, type Mark, senderAtStart } from './sender.ts';

type Row = rows.SendingSeatRow;
type Action = 'sends' | 'moved' | 'watches' | 'older-copy' | 'taken-over' | 'left' | 'rival-heard';

export interface SeatsDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly seat: Seat;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly organisations: Pick<Organisations, 'get' | 'requireRole'>;
  /** Ready by the time anything is decided. */
  readonly alerts: () => Pick<Alerts, 'raise' | 'resolveKey' | 'rest'>;
  readonly notices: Pick<NoticePort, 'show'> | null;
  /** What must never be sent twice goes to these systems. */
  readonly neverTwice: ReadonlySet<string>;
  /** Who may send changed; called after the commit. */
  readonly changed: (organisationId: string) => void;
}

export type Seats = ReturnType<typeof createSeats>;

const console = { personId: null, name: 'console', channel: 'engine', correlationId: '' };
const rivalKey = 'console:seat-rival';
const elsewhere: Failure = {
  ...{ kind: 'needs-attention', code: 'outcome-unknown', scope: 'job' },
  message: 'Another computer sends for this organisation; it may have sent this.',
  hint: 'Check with the other side, then try again or cancel.',
};

/**
 * Which computer sends for an organisation (R52). Only its sending seat does; any other one starts, shows and takes
 * acknowledgements, and keeps what it would send. It changes hands only by a person, with a reason, on the record.
 */
export function createSeats({ store, runtime, seat, audit, events, organisations, alerts, ...deps }: SeatsDeps) {
  const { clock, log } = runtime;
  const startId = runtime.ids.next();
  const startedAt = clock.now();
  const here = { seat_id: seat.id, seat_name: seat.name, computer: seat.computer, place: seat.place };
  let known: ReadonlyMap<string, Row> = new Map();

  const decisionOf = ({ seat_id: seatId, seat_name: name, number }: Row): SeatDecision => ({ seatId, name, number });

  async function keep(row: Row): Promise<void> {
    known = new Map([...known, [row.organisation_id, row]]);
    await seat.remember(new Map([...known].map(([id, each]) => [id, decisionOf(each)])));
  }

  /** Without a row nobody else ever sent. */
  const sendsHere = (organisationId: string) => (known.get(organisationId)?.seat_id ?? seat.id) === seat.id;

  const decided = (organisationId: string, sender: Pick<Row, keyof typeof here>, number: number): Row => ({
    ...{ organisation_id: organisationId, number, since: clock.now() },
    ...sender,
    ...{ watcher: null, rival_id: null, rival_name: null },
  });

  async function record(
    tx: Tx,
    action: Action,
    row: Row,
    before: Row | undefined,
    who?: Asker & { readonly actor: string; readonly reason: string },
  ): Promise<void> {
    const shown = ({ seat_id: id, seat_name: name, number, place, rival_name: rival }: Row) => ({
      ...{ id, name, number, place, rival },
    });
    await audit(tx, {
      organisationId: row.organisation_id,
      actor: who?.actor ?? 'system',
      channel: who?.channel ?? 'engine',
      action: `seat.${action}`,
      object: `seat:${seat.id}`,
      before: before && shown(before),
      after: shown(row),
      ...(who === undefined ? {} : { reason: who.reason, correlationId: who.correlationId }),
    });
  }

  async function settleOne(
    organisationId: string,
    stored: Row | undefined,
    remembered: SeatDecision | null,
    newest: Instant,
  ): Promise<Row> {
    const moved =
      stored !== undefined &&
      stored.seat_id !== seat.id &&
      stored.computer === seat.computer &&
      stored.place !== null &&
      !(await seat.stillAt(stored.place, stored.seat_id));
    const found = { own: seat.id, stored: stored ? decisionOf(stored) : null, moved, remembered };
    const { sends, decision, older } = senderAtStart(found);
    const next = (): { row: Row; action: Action } | null => {
      if (sends === 'claim')
        return {
          row: decided(organisationId, here, (decision?.number ?? 0) + 1),
          action: stored ? 'moved' : 'sends',
        };
      const number = decision?.number ?? 1;
      if (sends === 'here') return older ? { row: decided(organisationId, here, number), action: 'older-copy' } : null;
      const other = { seat_id: decision?.seatId ?? '', seat_name: decision?.name ?? '', computer: null, place: null };
      const row = stored && !older ? stored : decided(organisationId, other, number);
      return row.watcher === seat.id ? null : { row: { ...row, watcher: seat.id }, action: 'watches' };
    };
    const change = next();
    // Renamed: a copy of it would otherwise look at where it no longer is, and take itself for the moved one.
    const row = change?.row ?? { ...(stored ?? decided(organisationId, here, 1)), ...(sends === 'here' ? here : {}) };
    if (!change && sends === 'here' && stored?.place !== row.place)
      await store.transaction((tx) => rows.putSendingSeat(tx, row));
    if (change) {
      await store.transaction(async (tx) => {
        await rows.putSendingSeat(tx, row);
        if (change.action === 'watches') {
          // What this copy calls unfinished may be done, and its open alerts over, where it came from.
          await rows.holdUnsent(tx, organisationId, elsewhere, { at: clock.now(), claimed: true });
          await alerts().rest(tx, organisationId, newest);
        }
        await record(tx, change.action, row, stored);
      });
      log.info('seat.settled', { organisation: organisationId, decision: change.action, sender: row.seat_name });
    }
    return row;
  }

  /** Silence must not go unnoticed: the screens, the tray and the pre-flight say it as long as it lasts. */
  async function tellResting(organisationId: string, { seat_name: sender }: Row): Promise<void> {
    const { name } = await organisations.get(organisationId);
    log.warn('seat.rests', { organisation: organisationId, sender });
    deps.notices?.show({
      key: `seat:${organisationId}`,
      title: 'This computer sends no alerts',
      body: `${sender} sends for ${name}. If it no longer runs, take over sending here.`,
      urgent: true,
      address: '/settings/sending',
    });
  }

  async function asked(organisationId: string, wished: string, by: Asker) {
    const person = await organisations.requireRole(organisationId, by.personId, ['ops', 'admin']);
    const reason = wished.trim();
    if (reason === '')
      throw refused({
        happened: 'A reason is missing.',
        means: 'Nothing was changed.',
        remedy: 'Say in a few words why; it goes on the record and to the others.',
      });
    return { ...by, actor: `person:${person.id}`, reason };
  }

  async function after(row: Row): Promise<void> {
    await keep(row);
    deps.changed(row.organisation_id);
    events.publish({ topic: 'status', organisationId: row.organisation_id, ids: [] });
  }

  async function state(organisationId: string): Promise<SendingSeat> {
    await organisations.get(organisationId);
    const row = known.get(organisationId);
    return {
      here: sendsHere(organisationId),
      sender: row?.seat_name ?? seat.name,
      senderPlace: row?.computer === seat.computer ? row.place : null,
      thisComputer: seat.name,
      place: seat.place,
      since: row ? isoOf(Instant.parse(row.since)) : null,
      rival: row?.rival_name ?? null,
    };
  }

  return {
    sendsHere,
    state,

    /** What goes out carries this, so that two that both send can see each other. */
    mark: { seatId: seat.id, startId, name: seat.name },

    /** Held back: another seat sends, or one sends beside us and this must never be sent twice. */
    rests(connectionId: string): boolean {
      const at = connectionId.lastIndexOf('/');
      const row = known.get(connectionId.slice(0, at));
      if (row === undefined) return false;
      return row.seat_id !== seat.id || (row.rival_id !== null && deps.neverTwice.has(connectionId.slice(at + 1)));
    },

    /**
     * Before anything is sent: who sends for each organisation of the database. Where another seat does, what is unfinished
     * is held and open alerts rest, once. May be called again when organisations were added.
     */
    async settle(): Promise<void> {
      const [all, remembered, head] = await Promise.all([
        listOrganisations(store.read),
        seat.decisions(),
        auditHead(store.read),
      ]);
      const newest = Instant.parse(head?.at ?? clock.now());
      for (const { id } of all) {
        if (known.has(id)) continue;
        const before = await rows.getSendingSeat(store.read, id);
        await keep(await settleOne(id, before, remembered.get(id) ?? null, newest));
        const row = known.get(id);
        if (row && !sendsHere(id)) await tellResting(id, row);
      }
    },

    /** A new organisation is sent for from here; in the transaction that makes it. */
    async claim(tx: Tx, organisationId: string): Promise<void> {
      const row = decided(organisationId, here, 1);
      await rows.putSendingSeat(tx, row);
      store.after(tx, () => void keep(row));
    },

    /** A person makes this the seat that sends; the organisation is told through its channels. */
    async takeOver(organisationId: string, wished: string, by: Asker): Promise<SendingSeat> {
      const who = await asked(organisationId, wished, by);
      const before = known.get(organisationId);
      if (sendsHere(organisationId) && before?.rival_name == null)
        throw refused({ happened: `${seat.name} sends already.`, means: 'Nothing was changed.' });
      const row = decided(organisationId, here, (before?.number ?? 0) + 1);
      const from = before?.rival_name ?? before?.seat_name ?? 'the other computer';
      const report = {
        source: 'console',
        key: `console:seat:${row.number}:${startId}`,
        severity: 'warning',
        title: `Alerts are now sent by ${seat.name}`,
        detail: `Sending was taken over from ${from}: ${who.reason}. If ${from} still runs with this organisation, end it or leave sending to ${seat.name} there.`,
      };
      await alerts().resolveKey(organisationId, rivalKey, console);
      await alerts().raise(organisationId, report, console, async (tx) => {
        await rows.putSendingSeat(tx, row);
        await record(tx, 'taken-over', row, before, who);
      });
      await after(row);
      return state(organisationId);
    },

    /** Of two that send, a person lets the other one go on; what this one has not sent is held. */
    async leave(organisationId: string, wished: string, by: Asker): Promise<SendingSeat> {
      const who = await asked(organisationId, wished, by);
      const before = known.get(organisationId);
      if (!before?.rival_id || before.rival_name === null || !sendsHere(organisationId))
        throw refused({
          happened: 'No other computer was heard sending for this organisation.',
          means: 'Nothing was changed: somebody has to send.',
          remedy: 'On the computer that is to send, take sending over.',
        });
      // A cloned disk has our own id: only one of the two may keep it.
      if (before.rival_id === seat.id)
        throw refused({
          happened: 'The other one is a clone of this disk.',
          means: 'Nothing was changed: the two cannot be told apart at their next start.',
          remedy: 'End the console on one of them and remove its data folder, then take sending over on the other.',
        });
      const other = { seat_id: before.rival_id, seat_name: before.rival_name, computer: null, place: null };
      const row = { ...decided(organisationId, other, before.number + 1), watcher: seat.id };
      await alerts().resolveKey(organisationId, rivalKey, console);
      await store.transaction(async (tx) => {
        await rows.putSendingSeat(tx, row);
        await rows.holdUnsent(tx, organisationId, elsewhere, { at: clock.now(), claimed: false });
        await alerts().rest(tx, organisationId, clock.now());
        await record(tx, 'left', row, before, who);
      });
      await after(row);
      return state(organisationId);
    },

    /** Another system gave back a mark: if it is of somebody who sends beside us, never-twice stops and people are told. */
    async heard(organisationId: string, mark: Mark & { readonly name: string }): Promise<void> {
      const before = known.get(organisationId);
      if (!before || before.seat_id !== seat.id || before.rival_id !== null) return;
      if (!isRival(mark, { seatId: seat.id, startId, startedAt, since: before.since })) return;
      const name = mark.name.slice(0, 100) || 'another computer';
      const row: Row = { ...before, rival_id: mark.seatId, rival_name: name };
      // Before the transaction: nothing more may start meanwhile.
      known = new Map([...known, [organisationId, row]]);
      const clone = mark.seatId === seat.id ? ', from a clone of this disk' : '';
      const report = {
        source: 'console',
        key: rivalKey,
        severity: 'critical',
        title: `Two computers send for this organisation: ${seat.name} and ${name}`,
        detail: `${name} sends as well${clone}. Nothing is posted to the ledgers from here until somebody decides; alerts go out from both and may come twice. On one of them leave sending to the other or end it, then take sending over on the one that stays.`,
      };
      await alerts().raise(organisationId, report, console, async (tx) => {
        await rows.putSendingSeat(tx, row);
        await record(tx, 'rival-heard', row, before);
      });
      await after(row);
    },
  };
}
