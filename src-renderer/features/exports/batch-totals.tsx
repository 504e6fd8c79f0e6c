import { BarChart } from '@mantine/charts';
import type { BatchView } from '../../../src-shared/contract/exports.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { ledgers, treatmentWord } from './strings.ts';

type Totals = BatchView['controlTotals'];

/** Bar lengths only; every amount that is read comes from the decimal text. */
const length = (amount: string) => Number(amount);
const axis = (value: number) => formatGbp(String(Math.round(value))).replace(/\.\d\d$/, '');

/** The same totals three times (file, batch, ledger), the way from one to the next, and the VAT by treatment. */
export function BatchTotals({ batch, file }: { batch: BatchView; file: Totals | null }) {
  const ledger = batch.readBack.totals;
  const agrees =
    ledger !== null && batch.readBack.mismatches.length === 0 && ledger.gross === batch.controlTotals.gross;
  const rows = [
    ['Net', file?.net ?? null, batch.controlTotals.net, ledger?.net ?? null],
    ['VAT', file?.vat ?? null, batch.controlTotals.vat, ledger?.vat ?? null],
    ['Gross', file?.gross ?? null, batch.controlTotals.gross, ledger?.gross ?? null],
  ] as const;
  const bridge = [
    ...(file ? [{ step: 'All lines', gross: length(file.gross), text: file.gross }] : []),
    { step: 'This batch', gross: length(batch.controlTotals.gross), text: batch.controlTotals.gross },
    ...(ledger ? [{ step: ledgers[batch.target], gross: length(ledger.gross), text: ledger.gross }] : []),
  ];
  const treatments = batch.byTreatment.map((part) => ({
    treatment: treatmentWord(part.treatment),
    Net: length(part.net),
    VAT: length(part.vat),
  }));
  const largest = [...batch.byTreatment].sort((a, b) => length(b.net) - length(a.net))[0];

  return (
    <div className={css.totals}>
      <section className={css.totalsTable} aria-label="Control totals">
        <div className={css.totalsHead}>
          <h2>Control totals</h2>
          {ledger === null ? (
            <span className={css.muted}>Not read back yet</span>
          ) : agrees ? (
            <Status shape="doubleTick" tone="ok">
              Equal to the penny
            </Status>
          ) : (
            <Status shape="triangle" tone="critical">
              Differs
            </Status>
          )}
        </div>
        <table className={css.compare}>
          <thead>
            <tr>
              <th scope="col">In pounds</th>
              <th scope="col">All lines</th>
              <th scope="col">Batch</th>
              <th scope="col">Ledger</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Documents</th>
              <td>—</td>
              <td>{formatCount(batch.documents)}</td>
              <td>{ledger ? formatCount(batch.readBack.matches) : '—'}</td>
            </tr>
            {rows.map(([label, all, inBatch, inLedger]) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>
                  <Money amount={all} />
                </td>
                <td>
                  <Money amount={inBatch} />
                </td>
                <td>
                  <Money amount={inLedger} unknown="Not read back yet" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {(batch.byCurrency.length > 1 || batch.reversal !== null) && <Currencies batch={batch} />}
        {batch.readBack.mismatches.length > 0 && (
          <PlainTable
            label="Differences"
            head={[
              { text: 'Document' },
              { text: 'Field' },
              { text: 'Expected', right: true },
              { text: 'Found', right: true },
            ]}
          >
            {batch.readBack.mismatches.map((difference) => (
              <tr key={`${difference.document} ${difference.field}`}>
                <th scope="row">{difference.document}</th>
                <td>{difference.field}</td>
                <td data-right>{difference.expected}</td>
                <td data-right>{difference.found}</td>
              </tr>
            ))}
          </PlainTable>
        )}
      </section>
      <ChartFrame
        title="From the file to the ledger"
        finding={
          ledger
            ? `${ledgers[batch.target]} holds ${formatGbp(ledger.gross)} of ${formatGbp(batch.controlTotals.gross)} gross.`
            : `${formatGbp(batch.controlTotals.gross)} gross are in this batch.`
        }
        chart={
          <BarChart
            h={150}
            data={bridge}
            dataKey="step"
            orientation="vertical"
            series={[{ name: 'gross', label: 'Gross', color: 'var(--focus)' }]}
            gridAxis="none"
            xAxisProps={{ tickCount: 3, interval: 'preserveStartEnd' }}
            tickLine="none"
            yAxisProps={{ width: 78 }}
            valueFormatter={axis}
            maxBarWidth={20}
            barProps={{ isAnimationActive: false, radius: 3 }}
          />
        }
        table={
          <PlainTable label="From the file to the ledger" head={[{ text: 'Step' }, { text: 'Gross', right: true }]}>
            {bridge.map(({ step, text }) => (
              <tr key={step}>
                <th scope="row">{step}</th>
                <td data-right>
                  <Money amount={text} />
                </td>
              </tr>
            ))}
          </PlainTable>
        }
      />
      <ChartFrame
        title="VAT by treatment"
        finding={
          largest
            ? `${treatmentWord(largest.treatment)} is the largest: ${formatGbp(largest.net)} net.`
            : 'Nothing in this batch yet.'
        }
        chart={
          <BarChart
            h={Math.max(150, treatments.length * 46 + 30)}
            data={treatments}
            dataKey="treatment"
            orientation="vertical"
            series={[
              { name: 'Net', color: 'var(--border)' },
              { name: 'VAT', color: 'var(--focus)' },
            ]}
            gridAxis="none"
            xAxisProps={{ tickCount: 3, interval: 'preserveStartEnd' }}
            tickLine="none"
            yAxisProps={{ width: 112 }}
            valueFormatter={axis}
            maxBarWidth={14}
            withLegend
            barProps={{ isAnimationActive: false, radius: 3 }}
          />
        }
        table={<TreatmentTable parts={batch.byTreatment} />}
      />
    </div>
  );
}

/** Gross a currency: what the batch says, what the ledger shows, and what was taken back. */
function Currencies({ batch }: { batch: BatchView }) {
  const back = batch.reversal;
  return (
    <table className={css.compare} aria-label="Gross by currency">
      <thead>
        <tr>
          <th scope="col">Gross by currency</th>
          <th scope="col">Batch</th>
          <th scope="col">Ledger</th>
          {back && <th scope="col">Reversals there</th>}
        </tr>
      </thead>
      <tbody>
        {batch.byCurrency.map(({ currency, gross, readBack }) => (
          <tr key={currency}>
            <th scope="row">{currency}</th>
            <td>
              <Money amount={gross} currency={currency} />
            </td>
            <td>
              <Money amount={readBack?.gross ?? null} currency={currency} unknown="Not read back yet" />
            </td>
            {back && (
              <td>
                <Money
                  amount={back.byCurrency.find((one) => one.currency === currency)?.readBack?.gross ?? null}
                  currency={currency}
                  unknown="No reversal read back yet"
                />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TreatmentTable({ parts }: { parts: BatchView['byTreatment'] }) {
  return (
    <PlainTable
      label="VAT by treatment"
      head={[
        { text: 'Treatment' },
        { text: 'Lines', right: true },
        { text: 'Net', right: true },
        { text: 'VAT charged', right: true },
        { text: 'VAT we account for', right: true },
      ]}
    >
      {parts.map((part) => (
        <tr key={part.treatment}>
          <th scope="row">{treatmentWord(part.treatment)}</th>
          <td data-right>{formatCount(part.lines)}</td>
          <td data-right>
            <Money amount={part.net} />
          </td>
          <td data-right>
            <Money amount={part.vat} />
          </td>
          <td data-right>
            <Money amount={part.notionalVat} />
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}
