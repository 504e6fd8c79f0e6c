import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { machine } from '../proof/page/results.ts';
import { keep, recorded } from '../proof/page/write.ts';
import { agentBench } from './agent.ts';
import { alertsBench } from './alerts.ts';
import { bulkBench } from './bulk.ts';
import { crmBench } from './crm.ts';
import { deliveriesBench } from './deliveries.ts';
import { hledgerBench } from './hledger.ts';
import { importBench, importMillionBench } from './import.ts';
import { insightBench } from './insight.ts';
import { kpisBench } from './kpis.ts';
import { ledgersBench } from './ledgers.ts';
import { outboundBench } from './outbound.ts';
import { outboxBench } from './outbox.ts';
import { peersBench } from './peers.ts';
import { receiverBench } from './receiver.ts';
import { reviewBench } from './review.ts';
import { type BenchRow, benchRow } from './row.ts';
import { tableBench } from './table.ts';
import { vatBench } from './vat.ts';

/** Each group stands alone; all figures of a group come from one run, each beside its limit or peer. */
const groups: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  outbox: outboxBench,
  peers: peersBench,
  outbound: outboundBench,
  agent: agentBench,
  table: tableBench,
  hledger: hledgerBench,
  alerts: alertsBench,
  receiver: receiverBench,
  deliveries: deliveriesBench,
  import: importBench,
  million: importMillionBench,
  bulk: bulkBench,
  crm: crmBench,
  insight: insightBench,
  kpis: kpisBench,
  ledgers: ledgersBench,
  review: reviewBench,
  vat: async () => {
    const { ms100k, growth } = vatBench();
    return [
      benchRow('all VAT checks over 100,000 lines', ms100k, 'ms', 1_500, { atMost: 1 }),
      benchRow('VAT checks: time a line at 1,000,000 beside 100,000', growth, '×', 1, { atMost: 1.5 }),
    ];
  },
};

const { values, positionals } = parseArgs({
  // `record`: the figures go to proof/results/ and docs/proof.md, in place of the earlier ones of the same groups.
  options: { json: { type: 'boolean', default: false }, record: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const wanted = positionals.length > 0 ? positionals : Object.keys(groups);
const unknown = wanted.filter((name) => groups[name] === undefined);
if (unknown.length > 0) {
  console.error(`No such figures: ${unknown.join(', ')}. There are: ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}

const [cpu] = cpus();
console.error(
  `${cpu?.model ?? 'processor'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
const rows: BenchRow[] = [];
const kept: (BenchRow & { readonly group: string; readonly at: string })[] = [];
let broken = false;
for (const name of wanted) {
  let measured: BenchRow[] = [];
  try {
    measured = (await groups[name]?.()) ?? [];
  } catch (thrown) {
    // One group that cannot be measured costs no other.
    broken = true;
    console.error(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  for (const row of measured) {
    rows.push(row);
    kept.push({ ...row, group: name, at: new Date().toISOString() });
    if (!values.json) console.log(line(row));
  }
  if (!values.record || measured.length === 0) continue;
  const earlier = recorded().bench?.rows.filter(({ group }) => groups[group] && group !== name) ?? [];
  const these = kept.filter(({ group }) => group === name);
  keep('bench', { at: new Date().toISOString(), machine: machine(), rows: [...earlier, ...these] });
}
if (values.json) console.log(JSON.stringify(rows));
process.exitCode = !broken && rows.every((row) => row.ok) ? 0 : 1;

function line({ ok, name, value, unit, limit, ratio, target }: BenchRow): string {
  const figure = (x: number) => (Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en-GB') : x.toPrecision(3));
  return `${ok ? 'ok  ' : 'MISS'}  ${name}: ${figure(value)} ${unit} beside ${figure(limit)} = ${ratio.toFixed(2)} (${target})`;
}
