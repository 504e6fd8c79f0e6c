import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import type { ContractOutputs } from '../../data/client.ts';
import { PlainTable, Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { documentTypes, severities, treatmentWord, words } from './strings.ts';

type Detail = ContractOutputs['exports']['line'];

/** Every check that fired, with its remedy or who confirmed it. */
export function Checks({ checks }: { checks: CostLine['checks'] }) {
  if (checks.length === 0) return null;
  return (
    <Section title="Checks">
      <ul className={css.checks}>
        {checks.map((check) => {
          const look = severities[check.severity];
          return (
            <li key={check.id} data-done={check.acknowledged ? true : undefined}>
              <div className={css.checkHead}>
                <Status shape={look.shape} tone={check.acknowledged ? 'muted' : look.tone}>
                  {check.acknowledged ? 'Confirmed' : look.word}
                </Status>
                <code>{check.id}</code>
              </div>
              <p>{check.message}</p>
              {check.acknowledged ? (
                <p className={css.muted}>
                  {check.acknowledged.by}, <Instant at={check.acknowledged.at} />: “{check.acknowledged.note}”
                </p>
              ) : (
                check.fix && <p className={css.muted}>To put it right: {check.fix}</p>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

/** What the document says and what the rules made of it. */
export function LineFacts({ line }: { line: CostLine }) {
  const type = documentTypes.find(({ value }) => value === line.documentType)?.label ?? line.documentType;
  return (
    <Section title="Line">
      <Facts
        rows={[
          ['Description', line.description || '—'],
          ['Category', line.category || '—'],
          ['Document', type],
          [
            'Service period',
            line.periodStart && line.periodEnd ? `${formatDay(line.periodStart)} to ${formatDay(line.periodEnd)}` : '—',
          ],
          [
            'Supplier country',
            <span key="country">
              {line.supplierCountry || '—'}
              {line.supplierId && (
                <>
                  {' '}
                  · <a href={`#/exports/suppliers?supplier=${encodeURIComponent(line.supplierId)}`}>the supplier</a>
                </>
              )}
            </span>,
          ],
          ['VAT number', line.supplierVatNumber || '—'],
          ['Net', <Money key="net" amount={line.net} currency={line.currency} />],
          ['VAT', <Money key="vat" amount={line.vat} currency={line.currency} />],
          ['Gross', <Money key="gross" amount={line.gross} currency={line.currency} />],
          ...(line.currency === 'GBP'
            ? []
            : ([
                ['Rate to GBP', line.fxRateToGbp ?? '—'],
                ['Net in pounds', <Money key="netGbp" amount={line.netGbp} unknown="No exchange rate yet" />],
              ] as const)),
          ['VAT treatment', treatmentWord(line.treatment)],
          ['VAT in pounds', <Money key="vatGbp" amount={line.vatGbp} />],
          ['VAT may be reclaimed', line.deductible ? 'Yes' : 'No'],
          ...(line.taxPoint ? ([['Tax point, as printed', formatDay(line.taxPoint)]] as const) : []),
          ...(line.dueOn ? ([['Due', formatDay(line.dueOn)]] as const) : []),
          ...(line.paidOn ? ([['Paid', formatDay(line.paidOn)]] as const) : []),
          ...(line.originalInvoice ? ([['Credits invoice', line.originalInvoice]] as const) : []),
          ...(line.excludedReason ? ([['Excluded because', line.excludedReason]] as const) : []),
        ]}
      />
    </Section>
  );
}

/** Why, from what, and what became of it. */
export function Evidence({ detail, currency }: { detail: Detail; currency: string }) {
  return (
    <>
      {detail.derivation.length > 0 && (
        <Section title="Why this treatment">
          <ol className={css.derivation}>
            {detail.derivation.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </Section>
      )}
      {detail.breakdown.length > 0 && (
        <Section title={`Exact sums before rounding · ${words.rows(detail.line.sourceRows)}`}>
          <PlainTable
            label="Exact sums by service"
            head={[{ text: 'Service' }, { text: 'Rows', right: true }, { text: 'Amount', right: true }]}
          >
            {detail.breakdown.map((part) => (
              <tr key={part.label}>
                <td>{part.label}</td>
                <td data-right>{formatCount(part.rows)}</td>
                <td data-right>
                  <Money amount={part.amount} currency={currency} />
                </td>
              </tr>
            ))}
          </PlainTable>
        </Section>
      )}
      {detail.source && (
        <p className={css.muted}>
          From {detail.source.fileName},{' '}
          {detail.source.firstRow === detail.source.lastRow
            ? `row ${formatCount(detail.source.firstRow)}`
            : `rows ${formatCount(detail.source.firstRow)} to ${formatCount(detail.source.lastRow)}`}
          .
        </p>
      )}
      {detail.history.length > 0 && (
        <Section title="History">
          <ol className={css.history}>
            {detail.history.map((entry) => (
              <li key={`${entry.at} ${entry.what}`}>
                <p>
                  <strong>{entry.what}</strong>
                  {(entry.before !== '' || entry.after !== '') && (
                    <>
                      {' '}
                      {entry.before || '—'} → {entry.after || '—'}
                    </>
                  )}
                </p>
                <p className={css.muted}>
                  {entry.who}, <Instant at={entry.at} />
                  {entry.why && `: ${entry.why}`}
                </p>
              </li>
            ))}
          </ol>
        </Section>
      )}
    </>
  );
}
