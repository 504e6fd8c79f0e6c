import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { DuplicatePair } from '../../../src-shared/contract/desk.ts';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { type ShapeName, Status, type Tone } from '../../ui/status.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Key, Money } from '../../ui/text.tsx';
import shared from '../../ui/workspace.module.css';
import { ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import { Asking } from './asking.tsx';
import css from './duplicates.module.css';
import page from './exports.module.css';
import { LedgerTwins } from './ledger-twins.tsx';
import { lineStates, treatmentWord } from './strings.ts';

const kinds: Record<DuplicatePair['kind'], { word: string; means: string; shape: ShapeName; tone: Tone }> = {
  same: {
    word: 'Same',
    means: 'Supplier, number and amount agree: a ledger would book one document twice.',
    shape: 'square',
    tone: 'emergency',
  },
  likely: {
    word: 'Likely',
    means: 'Supplier and amount agree and the days are near, the numbers differ.',
    shape: 'triangle',
    tone: 'warning',
  },
  different: {
    word: 'Different, but similar',
    means: 'Only the supplier and the amount agree.',
    shape: 'info',
    tone: 'info',
  },
};
/** What a ledger would refuse first. */
const order: readonly DuplicatePair['kind'][] = ['same', 'likely', 'different'];
/** Two documents, or two lines of one invoice. */
const mayStand = ({ kind, onOneInvoice }: DuplicatePair) => kind !== 'same' || onOneInvoice;
const worstFirst = (a: Pick<DuplicatePair, 'kind'>, b: Pick<DuplicatePair, 'kind'>) =>
  order.indexOf(a.kind) - order.indexOf(b.kind);
const idOf = ({ line, earlier }: DuplicatePair) => `${line.id} ${earlier.id}`;

type Answer = 'merge' | 'keep' | null;

/** Two documents that may be one, side by side; every answer has a reason and can be taken back. */
export function DuplicatesScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const why = useWhyNot('desk.merge');
  const found = useQuery(api.desk.duplicates.queryOptions({ input: { organisationId } }));
  const beside = useQuery(api.exports.twins.queryOptions({ input: { organisationId } }));
  const inLedger = address.get('tab') === 'ledger';
  const tab = address.get('tab') === 'decided' ? 'decided' : 'open';
  const list = useMemo(() => (found.data?.[tab] ?? []).toSorted(worstFirst), [found.data, tab]);
  const wanted = address.get('line');
  const [cursor, setCursor] = useState(0);
  const [asking, setAsking] = useState<Answer>(null);
  const asked =
    wanted === null ? -1 : list.findIndex(({ line, earlier }) => line.id === wanted || earlier.id === wanted);
  const at = Math.min(asked >= 0 ? asked : cursor, Math.max(0, list.length - 1));
  const pair = inLedger ? undefined : list[at];
  const choose = (index: number) => {
    setCursor(Math.min(list.length - 1, Math.max(0, index)));
    setAsking(null);
    if (wanted !== null) address.patch({ line: null }, { replace: true });
  };
  const undo = (undoId: string) => client.exports.undo({ organisationId, undoId });
  const decide = async (reason: string) => {
    if (!pair || !asking) return;
    const request = { organisationId, lineId: pair.line.id, earlierId: pair.earlier.id, reason };
    const done = await attemptUndoable(
      () => (asking === 'merge' ? client.desk.merge(request) : client.desk.keepBoth(request)),
      () => (asking === 'merge' ? 'Merged: the later line is left out.' : 'Both kept.'),
      undo,
    );
    if (done) setAsking(null);
  };
  const unmerge = () =>
    pair &&
    void attemptUndoable(
      () => client.desk.unmerge({ organisationId, lineId: pair.line.id, earlierId: pair.earlier.id }),
      () => 'Taken back: the later line is reviewed again.',
      undo,
    );
  const isOpen = tab === 'open' && pair !== undefined;
  const mergedNow = pair?.decision?.decision === 'merged' && pair.line.state === 'excluded';
  const keptNow = pair?.decision?.decision === 'kept' && ['review', 'ready'].includes(pair.line.state);
  useCommands([
    { id: 'pair-next', title: 'Next pair', group: 'Duplicates', keys: ['j', 'arrowdown'], run: () => choose(at + 1) },
    {
      id: 'pair-previous',
      title: 'Previous pair',
      group: 'Duplicates',
      keys: ['k', 'arrowup'],
      run: () => choose(at - 1),
    },
    {
      id: 'pair-merge',
      title: 'Merge the two…',
      group: 'Duplicates',
      keys: ['m'],
      unavailable: why ?? (isOpen ? null : 'No open pair is chosen.'),
      run: () => setAsking('merge'),
    },
    {
      id: 'pair-keep',
      title: 'Keep both…',
      group: 'Duplicates',
      keys: ['b'],
      unavailable: why ?? (isOpen && mayStand(pair) ? null : 'Two documents with one number cannot both stand.'),
      run: () => setAsking('keep'),
    },
    {
      id: 'pair-unmerge',
      title: 'Take the decision back',
      group: 'Duplicates',
      keys: ['u'],
      unavailable: why ?? (mergedNow || keptNow ? null : 'There is no decision here that can be taken back.'),
      run: () => unmerge(),
    },
  ]);

  const same = found.data?.open.filter(({ kind }) => kind === 'same').length ?? 0;
  const likely = (found.data?.open.length ?? 0) - same;
  const ledger = beside.data?.open.length ?? 0;
  return (
    <div className={page.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        of={found}
        shape={found.data === undefined ? 'dashed' : same + likely + ledger > 0 ? 'diamond' : 'disc'}
        tone={found.data === undefined ? 'muted' : same + likely + ledger > 0 ? 'warning' : 'ok'}
      >
        {found.data === undefined
          ? 'Looking for duplicates.'
          : [
              same + likely > 0
                ? `${formatCounted(same + likely, 'pair', 'pairs')} to look at: ${same} the same, ${likely} likely.`
                : 'No two lines look like one document.',
              ...(ledger > 0
                ? [`${formatCounted(ledger, 'document', 'documents')} may stand in a ledger already.`]
                : []),
            ].join(' ')}
      </AnswerLine>
      <div className={page.toolbar}>
        <Tabs
          label="Pairs"
          tabs={[
            { id: 'open', word: 'To decide', count: found.data?.open.length },
            { id: 'decided', word: 'Decided', count: found.data?.decided.length },
            { id: 'ledger', word: 'In the ledger', count: beside.data?.open.length },
          ]}
          current={inLedger ? 'ledger' : tab}
          onChoose={(id) => {
            setCursor(0);
            setAsking(null);
            address.patch({ tab: id === 'open' ? null : id, line: null });
          }}
          controls="pairs"
        />
      </div>
      <div
        className={shared.work}
        id="pairs"
        role="tabpanel"
        aria-label={inLedger ? 'In the ledger' : tab === 'open' ? 'To decide' : 'Decided'}
      >
        {inLedger && beside.error && !beside.data && (
          <div className={page.pad}>
            <ProblemNote problem={problemOf(beside.error)} onRetry={() => void beside.refetch()} />
          </div>
        )}
        {inLedger && beside.data && (
          <LedgerTwins
            organisationId={organisationId}
            twins={[...beside.data.open.toSorted(worstFirst), ...beside.data.decided]}
            why={why}
          />
        )}
        {!inLedger && found.error && !found.data && (
          <div className={page.pad}>
            <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />
          </div>
        )}
        {!inLedger && !found.data && !found.error && <Skeletons rows={6} label="Looking for duplicates." />}
        {!inLedger && found.data && list.length === 0 && (
          <Empty title={tab === 'open' ? 'Nothing to decide.' : 'Nothing was decided yet.'}>
            {tab === 'open'
              ? 'Every new line is compared with all others: by number, and by supplier, amount and days.'
              : 'Merged and kept pairs stand here with who decided and why; a merge can be taken apart.'}
          </Empty>
        )}
        {pair && (
          <>
            <ul className={css.pairs} aria-label="Pairs">
              {list.map((one, index) => (
                <li key={idOf(one)}>
                  <button type="button" aria-current={index === at ? true : undefined} onClick={() => choose(index)}>
                    <b>{one.line.supplier}</b>
                    <Money amount={one.line.gross} currency={one.line.currency} />
                    <Status shape={kinds[one.kind].shape} tone={kinds[one.kind].tone}>
                      {kinds[one.kind].word}
                    </Status>
                    <small>
                      {one.decision
                        ? one.decision.decision === 'merged'
                          ? 'merged'
                          : 'both kept'
                        : [...new Set([one.earlier.date, one.line.date])].map(formatDay).join(' and ')}
                    </small>
                  </button>
                </li>
              ))}
            </ul>
            <section className={css.pair} aria-label="The two lines">
              <p className={css.means}>
                <Status shape={kinds[pair.kind].shape} tone={kinds[pair.kind].tone}>
                  {kinds[pair.kind].word}
                </Status>
                <span>
                  {kinds[pair.kind].means}
                  {pair.onOneInvoice &&
                    ' One file brought both on one invoice: keep both when the invoice does ask for this amount twice.'}
                </span>
              </p>
              <SideBySide pair={pair} />
              {pair.decision && (
                <p>
                  {pair.decision.decision === 'merged' ? 'Merged' : 'Both kept'} by {pair.decision.by}: “
                  {pair.decision.reason}”
                </p>
              )}
              {asking ? (
                <Asking
                  key={asking}
                  label={asking === 'merge' ? 'Why are they one document?' : 'Why are they two?'}
                  button={asking === 'merge' ? 'Merge: leave the later line out' : 'Keep both lines'}
                  onCancel={() => setAsking(null)}
                  onDone={decide}
                />
              ) : (
                <div className={page.actions}>
                  {isOpen && (
                    <>
                      <RoleButton why={why} onClick={() => setAsking('merge')} rightSection={<Key>M</Key>}>
                        Merge…
                      </RoleButton>
                      <RoleButton
                        why={
                          why ??
                          (mayStand(pair)
                            ? null
                            : 'Two documents with one number cannot both stand: correct the number of one of them first.')
                        }
                        variant="default"
                        onClick={() => setAsking('keep')}
                        rightSection={<Key>B</Key>}
                      >
                        Keep both…
                      </RoleButton>
                    </>
                  )}
                  {(mergedNow || keptNow) && (
                    <RoleButton why={why} variant="default" onClick={unmerge} rightSection={<Key>U</Key>}>
                      {mergedNow ? 'Take apart' : 'Ask again'}
                    </RoleButton>
                  )}
                </div>
              )}
            </section>
          </>
        )}
      </div>
    </div>
  );
}

const facts: readonly { label: string; of: (line: CostLine) => string }[] = [
  { label: 'Supplier', of: (line) => line.supplier },
  { label: 'Number', of: (line) => line.invoiceNumber || '—' },
  { label: 'Date', of: (line) => formatDay(line.date) },
  {
    label: 'Service',
    of: (line) =>
      line.periodStart && line.periodEnd ? `${formatDay(line.periodStart)} to ${formatDay(line.periodEnd)}` : '—',
  },
  { label: 'Description', of: (line) => line.description || '—' },
  { label: 'Category', of: (line) => line.category || '—' },
  { label: 'Treatment', of: (line) => treatmentWord(line.treatment) },
  { label: 'State', of: (line) => lineStates[line.state].word },
];

/** What agrees is quiet, what differs is marked in word and weight. */
function SideBySide({ pair: { line, earlier } }: { pair: DuplicatePair }) {
  // Where a line stands is not what a document says.
  const differs = (label: string, of: (one: CostLine) => string) => label !== 'State' && of(line) !== of(earlier);
  const money = (amount: string, currency: string) => <Money amount={amount} currency={currency} />;
  return (
    <table className={css.compare}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Fact</span>
          </th>
          <th scope="col">
            Earlier, stands <a href={`#/exports?tab=all&line=${earlier.id}`}>Open</a>
          </th>
          <th scope="col">
            Later <a href={`#/exports?tab=all&line=${line.id}`}>Open</a>
          </th>
        </tr>
      </thead>
      <tbody>
        {facts.map(({ label, of }) => (
          <tr key={label} data-differs={differs(label, of) || undefined}>
            <th scope="row">
              {label}
              {differs(label, of) && <span> differs</span>}
            </th>
            <td>{of(earlier)}</td>
            <td>{of(line)}</td>
          </tr>
        ))}
        {(['net', 'vat', 'gross'] as const).map((part) => (
          <tr key={part} data-differs={line[part] !== earlier[part] || undefined}>
            <th scope="row">
              {part === 'vat' ? 'VAT' : part === 'net' ? 'Net' : 'Gross'}
              {line[part] !== earlier[part] && <span> differs</span>}
            </th>
            <td>{money(earlier[part], earlier.currency)}</td>
            <td>{money(line[part], line.currency)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
