import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../../src-main/hosts/cli/console.ts';
import { organisationId, type RunningAgent } from './console.ts';
import { sendEvent } from './webhook.ts';

/** What the console said yes to, written down beside it. */
export interface Acknowledged {
  /** Ids of inbound events. */
  readonly events: string[];
  /** Titles of alerts. */
  readonly alerts: string[];
  readonly batches: string[];
  /** CRM pushes that were approved and sent, by id; a push is sent again when its figures have changed. */
  readonly pushes: Set<string>;
  /** How often. */
  sends: number;
  imports: number;
  /** Metrics that monitoring was told at once; what the kill came between goes with the next. */
  metrics: number;
  /** What could not begin, with the reason: not wrong, but it should be little. */
  readonly refusals: string[];
}

export const nothingYet = (): Acknowledged => ({
  ...{ events: [], alerts: [], batches: [], pushes: new Set(), sends: 0, imports: 0, metrics: 0, refusals: [] },
});

/** One life of the agent, from its start to its kill. */
export interface Life {
  readonly agent: RunningAgent;
  readonly client: Client;
  readonly book: Acknowledged;
  /** Which life, from 0. */
  readonly number: number;
  readonly seed: number;
  over(): boolean;
}

const BILLS = 12;
/** A record in a CRM shows one period: all usage is of this one. */
export const CRM_PERIOD = '2026-10';
/** Sample vendors in the two CRMs that are reached by their interfaces. */
const studios = ['lens-and-light', 'golden-hour-films', 'willow-lakes', 'castle-mead', 'petal-events'];

/** A sender repeats what was not answered, under the same id. */
export async function webhooks({ agent, book, number, seed, over }: Life): Promise<void> {
  for (let turn = 0; !over(); turn += 1) {
    const id = `storm-${seed}-${number}-${turn}`;
    let status = 0;
    for (let tries = 0; tries < 3 && !over() && !taken(status); tries += 1) {
      status = await sendEvent(agent.ready.webhookUrl, id);
    }
    if (taken(status)) book.events.push(id);
    await wait(80);
  }
}
const taken = (status: number) => status === 202 || status === 200;

export async function alerts({ client, book, number, over }: Life): Promise<void> {
  for (let turn = 0; !over(); turn += 1) {
    const title = `storm alert ${number}-${turn}`;
    const severity = (['info', 'warning', 'critical', 'emergency'] as const)[turn % 4] ?? 'info';
    await client.alerts.raise({
      ...{ organisationId, severity, title, detail: '', venues: [], key: title, source: 'storm' },
    });
    book.alerts.push(title);
    await wait(50);
  }
}

/** What an earlier life prepared is approved and sent; then more usage comes in and the pushes are worked out anew. */
export async function crm({ agent, client, book, number, over }: Life): Promise<void> {
  for (let turn = 0; !over(); turn += 1) {
    const { rows } = await client.crm.list({ organisationId, period: CRM_PERIOD, states: ['to_approve', 'refused'] });
    const ids = rows.filter(({ changes }) => changes > 0).map(({ id }) => id);
    if (ids.length > 0) {
      const { done } = await client.crm.approve({ organisationId, ids, send: true });
      for (const id of done) book.pushes.add(id);
      book.sends += done.length;
    }
    const record = (vendor: string) =>
      `storm-${number}-${turn}-${vendor},${vendor},WS-1,client-${number},email,${CRM_PERIOD}-15T09:00:00Z,true,5`;
    const came = await imported(agent, 'usage', `usage-${number}-${turn}.csv`, [
      'id,vendor,wedding,client,feature,time,success,minutes',
      ...studios.map(record),
    ]);
    if (came) book.imports += 1;
    await client.crm.prepare({ organisationId, period: CRM_PERIOD, readAgain: true });
    await wait(100);
  }
}

export async function metrics({ client, book, over }: Life): Promise<void> {
  while (!over()) {
    for (const { ok } of await client.kpis.push({ organisationId })) if (ok) book.metrics += 1;
    await wait(200);
  }
}

const suppliers = Array.from({ length: 4 }, (_, index) => [
  `Storm Supplier ${index} Ltd`,
  vatNumber(7_130_240 + index),
]);

/** A made-up number with the right check digits (modulus 97). */
function vatNumber(digits: number): string {
  const sum = [...String(digits)].reduce((total, digit, at) => total + Number(digit) * (8 - at), 0);
  return `GB${digits}${String(97 - (sum % 97)).padStart(2, '0')}`;
}

/** Recent enough for its VAT to be reclaimed. */
const monthOf = (life: number) => {
  const month = Math.floor(life / 24) % 22;
  return `${2025 + Math.floor(month / 12)}-${String(1 + (month % 12)).padStart(2, '0')}`;
};

/** A file of costs. */
export async function costs({ agent, book, number }: Life): Promise<void> {
  const rows = Array.from({ length: BILLS }, (_, index) => {
    const [name, vat] = suppliers[index % suppliers.length] ?? [];
    const net = 1_000 + number * 20 + index * 5;
    const pounds = (pence: number) => (pence / 100).toFixed(2);
    return `${monthOf(number)}-15,${name},ST-${number}-${index},Compute,GBP,${pounds(net)},${pounds(net / 5)},${pounds(net * 1.2)},GB,${vat}`;
  });
  const head = 'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
  if (await imported(agent, 'costs', `costs-${number}.csv`, [head, ...rows])) book.imports += 1;
}

/** True when the file came in whole before the kill. */
async function imported(
  agent: RunningAgent,
  kind: 'costs' | 'usage',
  name: string,
  lines: readonly string[],
): Promise<boolean> {
  const client = await agent.client();
  const file = await agent.offer(name, [...lines, ''].join('\n'));
  const { importId } = await client.imports.start({ organisationId, file, kind });
  for await (const { result } of await client.imports.progress({ organisationId, importId })) {
    if (result) return result.state === 'done';
  }
  return false;
}

/** Prepares and approves the bills of one month; the batch. */
export async function approved({ client, number }: Pick<Life, 'client' | 'number'>): Promise<string> {
  const month = monthOf(number);
  for (const known of await client.exports.suppliers({ organisationId })) {
    if (!known.name.startsWith('Storm') || known.vatNumber !== '') continue;
    const vat = suppliers.find(([name]) => name === known.name)?.[1] ?? '';
    const supplier = { id: known.id, name: known.name, country: 'GB', vatNumber: vat, aliases: known.aliases };
    await client.exports.saveSupplier({ organisationId, supplier: { ...supplier, ukEstablishment: false } });
  }
  const { batchId } = await client.exports.prepare({ organisationId, period: month, target: 'xero' });
  await client.exports.approve({ organisationId, batchId, approver: 'priya', pin: '2468' });
  return batchId;
}

/** Prepares, approves and sends the bills of one month. */
export async function posting({ client, book, number }: Life): Promise<void> {
  const batchId = await approved({ client, number });
  await client.exports.send({ organisationId, batchId });
  book.batches.push(batchId);
}
