import { z } from 'zod';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Stamp } from '../kit/adapter.ts';
import { alreadyThere, type BiSync, brought, totalRows } from '../kit/bi.ts';
import { errorCodeOf, notItsOwn, type PowerBiContext, pause, powerBiCall } from './kit.ts';

const Refresh = z.looseObject({
  requestId: z.string().optional(),
  refreshType: z.string().optional(),
  // Some answers leave the zone out; it is UTC all the same.
  startTime: z.iso
    .datetime({ offset: true, local: true })
    .transform((at) => (/Z$|[+-]\d{2}:?\d{2}$/.test(at) ? at : `${at}Z`)),
  status: z.string(),
  serviceExceptionJson: z.string().optional(),
});
type Refresh = z.infer<typeof Refresh>;
const History = z.object({ value: z.array(Refresh) });
const Detail = z.looseObject({
  status: z.string(),
  extendedStatus: z.string().optional(),
  messages: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })).optional(),
});
interface State {
  readonly status: string;
  /** Why it failed; null: it does not say. */
  readonly error: string | null;
}

/** Refreshes a model in shared capacity may have in 24 hours, those of its own schedule included. */
export const refreshesADay = 8;
const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Asked often at first, then seldom; after the whole time the job comes back later and takes the refresh up again. */
const askAgainMs = [250, 500, 1_000, 2_000, 5_000, 10_000] as const;
const seldomMs = 15_000;
const wholeMs = 35 * minuteMs;
/** Told as busy: short of one turn of the sync. */
const busyMs = minuteMs;

const pathOf = ({ settings }: PowerBiContext) => `/datasets/${encodeURIComponent(settings.modelId)}/refreshes`;

/** Newest first, as Power BI keeps it: it outlives this console, and knows the model's own schedule. */
export async function historyOf(ctx: PowerBiContext): Promise<readonly Refresh[]> {
  const reply = await powerBiCall(ctx, 'GET', `${pathOf(ctx)}?$top=20`);
  const history = History.safeParse(reply.json);
  if (!history.success) throw notItsOwn();
  return history.data.value.toSorted((a, b) => Date.parse(b.startTime) - Date.parse(a.startTime));
}

/** Those of the last 24 hours; in shared capacity they count against the day. */
export const usedOf = (history: readonly Refresh[], now: number) =>
  history.filter(({ startTime }) => Date.parse(startTime) > now - dayMs);

/** Has the model read the warehouse again, and stays with it until Power BI says how it ended. */
export async function refreshModel(ctx: PowerBiContext, sync: BiSync, stamp: Stamp): Promise<Receipt> {
  const { modelId, workspaceId } = ctx.settings;
  if (modelId === '') {
    throw new NeedsAttentionError('misconfigured', 'No semantic model is named that could be refreshed', {
      scope: 'connection',
      hint: 'Enter the id of the model in the settings of Power BI; it stands in its web address.',
    });
  }
  const to = `${workspaceId}/${modelId}`;
  const rows = totalRows(sync);
  if (await alreadyThere(ctx, sync, to))
    return { vendorId: null, note: `${rows} rows, none of them changed`, document: brought(sync, to) };

  const history = await historyOf(ctx);
  const started = stamp.attempt > 1 ? history.find((one) => isOurs(one, sync)) : undefined;
  if (started?.requestId !== undefined && !failed(started)) {
    // An earlier try began it and lost the answer, or the console was closed meanwhile.
    return ended(await outcomeOf(ctx, started.requestId), started.requestId, sync, to);
  }
  const [newest] = history;
  // One at a time; one that began before these rows came does not have them all.
  if (newest?.requestId !== undefined && isRunning(newest)) await outcomeOf(ctx, newest.requestId);
  if (ctx.settings.capacity === 'shared') spare(history, ctx.clock.now());
  const id = await begin(ctx, history);
  return ended(await outcomeOf(ctx, id), id, sync, to);
}

const isRunning = ({ status }: Pick<State, 'status'>) =>
  status === 'Unknown' || status === 'NotStarted' || status === 'InProgress';
const failed = (one: Pick<State, 'status'>) => !isRunning(one) && one.status !== 'Completed';
const isOurs = ({ refreshType, startTime }: Refresh, sync: BiSync) =>
  refreshType !== 'Scheduled' && Date.parse(startTime) >= sync.at;

/** Throws until the day has room again. Power BI would refuse, and count the refusal as an error of the model. */
function spare(history: readonly Refresh[], now: number): void {
  const used = usedOf(history, now);
  const blocking = used[refreshesADay - 1];
  if (!blocking) return;
  const freeAt = Date.parse(blocking.startTime) + dayMs;
  throw new RetryableError('rate-limited', `All ${refreshesADay} refreshes of 24 hours are used up`, {
    retryAfterMs: Math.min(Math.max(freeAt - now + 1_000, minuteMs), dayMs),
    scope: 'connection',
  });
}

/** The request id to ask about. */
async function begin(ctx: PowerBiContext, before: readonly Refresh[]): Promise<string> {
  const enhanced = ctx.settings.capacity === 'premium';
  // Shared capacity takes no other field; an enhanced refresh must leave this one out.
  const json = enhanced
    ? { type: 'Full', commitMode: 'Transactional', maxParallelism: 2, retryCount: 1, timeout: '00:30:00' }
    : { notifyOption: 'NoNotification' };
  const reply = await powerBiCall(ctx, 'POST', pathOf(ctx), { json, good: [202, 400] });
  if (reply.status === 400) {
    if (/InProgress|AlreadyRunning|ConcurrentRefresh/i.test(`${errorCodeOf(reply)} ${reply.text}`))
      throw new RetryableError('busy', 'Another refresh of this model is under way', { retryAfterMs: busyMs });
    throw new NeedsAttentionError('misconfigured', `Power BI refuses to refresh the model: ${reply.excerpt}`, {
      hint: 'A model of shared capacity cannot be refreshed as one of premium capacity; check the setting.',
    });
  }
  const named = reply.headers['x-ms-request-id'];
  if (enhanced && named !== undefined) return named;
  // The simple form names no id: it is the one the history did not have before.
  const known = new Set(before.map(({ requestId }) => requestId));
  for (const wait of askAgainMs) {
    const found = (await historyOf(ctx)).find(({ requestId }) => requestId !== undefined && !known.has(requestId));
    if (found?.requestId !== undefined) return found.requestId;
    await pause(ctx, wait);
  }
  throw new RetryableError('timeout', 'Power BI took the refresh and does not list it yet', { retryAfterMs: busyMs });
}

/** Asks until it ended. Throws `timeout` where it takes longer than any refresh should. */
async function outcomeOf(ctx: PowerBiContext, id: string): Promise<State> {
  const until = ctx.clock.monotonicMs() + wholeMs;
  for (let turn = 0; ctx.clock.monotonicMs() < until; turn++) {
    const state = await stateOf(ctx, id);
    if (!isRunning(state)) return state;
    await pause(ctx, askAgainMs[turn] ?? seldomMs);
  }
  throw new RetryableError('timeout', 'The refresh is still under way', { retryAfterMs: 5 * minuteMs });
}

async function stateOf(ctx: PowerBiContext, id: string): Promise<State> {
  if (ctx.settings.capacity === 'shared') {
    const found = (await historyOf(ctx)).find(({ requestId }) => requestId === id);
    return found
      ? { status: found.status, error: codeIn(found.serviceExceptionJson) }
      : { status: 'Unknown', error: null };
  }
  const reply = await powerBiCall(ctx, 'GET', `${pathOf(ctx)}/${encodeURIComponent(id)}`, { good: [200, 202] });
  if (reply.status === 202) return { status: 'Unknown', error: null };
  const detail = Detail.safeParse(reply.json);
  if (!detail.success) throw notItsOwn();
  const { status, extendedStatus, messages = [] } = detail.data;
  const said = messages.map(({ code, message }) => code ?? message).find((text) => text !== undefined);
  return { status, error: said?.slice(0, 120) ?? extendedStatus ?? null };
}

const codeIn = (json: string | undefined) => /"errorCode"\s*:\s*"([^"]{1,120})"/.exec(json ?? '')?.[1] ?? null;

/** A refresh that was accepted and then failed is no success. */
function ended(state: State, id: string, sync: BiSync, to: string): Receipt {
  if (state.status === 'Completed')
    return { vendorId: id, note: `${totalRows(sync)} rows read anew`, document: brought(sync, to) };
  const how = state.error ?? state.status;
  if (state.status === 'Disabled' || /credential|gateway|datasource|unauthori[sz]ed|permission/i.test(how)) {
    throw new NeedsAttentionError('misconfigured', `The refresh was accepted and failed: ${how}`, {
      hint: 'Enter the warehouse’s user and gateway in Power BI, under the settings of the semantic model.',
    });
  }
  throw new RetryableError('vendor-down', `The refresh was accepted and failed: ${how}`, {
    retryAfterMs: 15 * minuteMs,
  });
}
