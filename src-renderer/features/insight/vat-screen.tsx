import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { VatReturn } from '../../../src-shared/contract/insight.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Money } from '../../ui/text.tsx';
import { ReadOnlyNote } from '../people/role-controls.tsx';
import css from './insight.module.css';
import { Months } from './months.tsx';
import { periodChoices } from './periods.ts';
import { ThresholdWatch } from './threshold.tsx';

/** Does the VAT of this period stand in the ledger, and which months are closed? */
export function VatScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const why = useWhyNot('insight.setSales');
  const summary = useQuery(api.exports.summary.queryOptions({ input: { organisationId } }));
  const periods = summary.data?.periods ?? [];
  const period = address.get('period') ?? periods[0] ?? '';
  const boxes = useQuery(
    api.insight.vatReturn.queryOptions({ input: { organisationId, period }, enabled: period !== '' }),
  );
  const data = boxes.data;
  // They wait for the periods: where those cannot be read, neither can they.
  const failed = summary.data ? boxes : summary;
  const none = summary.data !== undefined && periods.length === 0;
  const look = data ? lookOf(data) : null;
  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        of={none ? undefined : { data, error: failed.error }}
        shape={look?.shape ?? 'dashed'}
        tone={look?.tone ?? 'muted'}
        action={
          !none && (
            <>
              <Select
                aria-label="Period"
                w={150}
                data={periodChoices(periods)}
                value={period}
                onChange={(value) => address.patch({ period: value })}
              />
              <Button variant="default" onClick={() => window.print()}>
                Print
              </Button>
            </>
          )
        }
      >
        {none ? 'No cost lines yet: no box has anything in it.' : data ? sentence(data) : 'Adding up the boxes.'}
      </AnswerLine>
      <div className={css.scroll}>
        {failed.error && !data && (
          <ProblemNote problem={problemOf(failed.error)} onRetry={() => void failed.refetch()} />
        )}
        {none && <Empty title="Nothing to declare yet.">The boxes fill as cost lines are imported and reviewed.</Empty>}
        {!data && !failed.error && !none && <Skeletons rows={8} label="Adding up the boxes." />}
        {data && <Boxes data={data} />}
        {data?.ledgers.map((one) => (
          <BesideLedger key={one.system} beside={one} />
        ))}
        {!none && summary.data && (
          <Months organisationId={organisationId} months={periods.filter((one) => /^\d{4}-\d{2}$/.test(one))} />
        )}
        <ThresholdWatch organisationId={organisationId} why={why} />
      </div>
    </div>
  );
}

/** Every line that counts stands in the ledger as it stands here. */
const proven = (data: VatReturn) => data.verifiedLines > 0 && data.verifiedLines === data.lines - data.blocked.lines;

function lookOf(data: VatReturn) {
  if (data.differences.length > 0) return { shape: 'triangle', tone: 'critical' } as const;
  if (proven(data)) return { shape: 'disc', tone: 'ok' } as const;
  return { shape: 'diamond', tone: 'warning' } as const;
}

function sentence(data: VatReturn): string {
  const what = `${formatPeriod(data.period)}: ${formatCounted(data.lines, 'line', 'lines')}, box 4 ${formatGbp(data.all.box4)}${data.blocked.lines === 0 ? '' : ` without ${formatCounted(data.blocked.lines, 'blocked line', 'blocked lines')}`}`;
  if (data.differences.length > 0)
    return `${what}; the ledger differs in ${formatCounted(data.differences.length, 'place', 'places')}.`;
  if (proven(data)) return `${what}, all of it in the ledger, equal to the penny.`;
  return `${what}; ${formatGbp(data.verified.box4)} of it proven in the ledger.`;
}

const boxRows = [
  { box: 'box1', word: 'VAT due on purchases from abroad (reverse charge)' },
  { box: 'box4', word: 'VAT reclaimed on purchases' },
  { box: 'box5', word: 'Box 1 less box 4; negative is reclaimed' },
  { box: 'box6', word: 'Value of sales: reverse charge only' },
  { box: 'box7', word: 'Value of purchases without VAT' },
] as const;
const standings = [
  { key: 'all', word: 'Counted' },
  { key: 'verified', word: 'In the ledger, equal' },
  { key: 'open', word: 'Sent, not proven' },
  { key: 'missing', word: 'Not in the ledger' },
  { key: 'blocked', word: 'Blocked' },
] as const;

/** Ours, the ledger's, and the difference to the penny. */
function BesideLedger({ beside }: { beside: VatReturn['ledgers'][number] }) {
  const name = ledgerNames[beside.system] ?? beside.system;
  const differs = boxRows.some(({ box }) => Number(beside.difference[box]) !== 0);
  const sides = [
    { key: 'ours', word: 'Here' },
    { key: 'ledger', word: `In ${name}` },
    { key: 'difference', word: 'Difference' },
  ] as const;
  return (
    <Section
      title={`Beside ${name}: ${formatCounted(beside.documents, 'document', 'documents')} read back`}
      aside={
        <Status shape={differs ? 'triangle' : 'disc'} tone={differs ? 'critical' : 'ok'}>
          {differs ? 'Differs' : 'Equal to the penny'}
        </Status>
      }
    >
      <PlainTable
        label={`Boxes beside ${name}`}
        head={[{ text: 'Box' }, ...sides.map(({ word }) => ({ text: word, right: true }))]}
      >
        {boxRows.map(({ box, word }) => (
          <tr key={box}>
            <th scope="row">
              {box.slice(3)} · {word}
            </th>
            {sides.map(({ key }) => (
              <td key={key} data-right data-strong={key === 'difference' || undefined}>
                <Money amount={beside[key][box]} />
              </td>
            ))}
          </tr>
        ))}
      </PlainTable>
      <p className={css.muted}>{beside.why}</p>
    </Section>
  );
}

const ledgerNames: Readonly<Record<string, string>> = {
  xero: 'Xero',
  quickbooks: 'QuickBooks',
  freshbooks: 'FreshBooks',
};

function Boxes({ data }: { data: VatReturn }) {
  const columns = standings.filter(({ key }) => key !== 'blocked' || data.blocked.lines > 0);
  return (
    <>
      <Section
        title="Boxes of the VAT return: purchases"
        aside={
          data.locked ? (
            <Status shape="lock" tone="ok">
              Every month of it is closed
            </Status>
          ) : null
        }
      >
        <PlainTable
          label="Boxes of the VAT return"
          head={[{ text: 'Box' }, ...columns.map(({ word }) => ({ text: word, right: true }))]}
        >
          {boxRows.map(({ box, word }) => (
            <tr key={box}>
              <th scope="row">
                {box.slice(3)} · {word}
              </th>
              {columns.map(({ key }) => (
                <td key={key} data-right data-strong={key === 'all' || undefined}>
                  <Money amount={data[key][box]} />
                </td>
              ))}
            </tr>
          ))}
        </PlainTable>
        <p className={css.muted}>
          Your own sales are not in these boxes; boxes 6 and 7 are rounded to whole pounds once, with your sales in
          them. Copying figures by hand into a return is not a digital link; posting to the ledger or importing the file
          pack is.
        </p>
      </Section>
      {data.differences.length > 0 && (
        <Section title="Where the ledger differs">
          <PlainTable
            label="Where the ledger differs"
            head={[
              { text: 'Document' },
              { text: 'Field' },
              { text: 'Expected', right: true },
              { text: 'In the ledger', right: true },
            ]}
          >
            {data.differences.map((one) => (
              <tr key={`${one.document} ${one.field}`}>
                <th scope="row">{one.document}</th>
                <td>{one.field}</td>
                <td data-right>{one.expected}</td>
                <td data-right>{one.found}</td>
              </tr>
            ))}
          </PlainTable>
        </Section>
      )}
    </>
  );
}
