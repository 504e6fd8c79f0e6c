import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { BatchView, DocumentView } from '../../../src-shared/contract/exports.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant, Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { changedAfterPosting, documentStates, ledgers, released, reversalStates, words } from './strings.ts';

const AHEAD = 50;

/** The live list of what goes to the ledger: state, the ledger's own number, and what it holds now. */
export function BatchDocuments({
  organisationId,
  batch,
  why,
  onReverse,
}: {
  organisationId: string;
  batch: BatchView;
  /** Why the person here may not act; null: they may. */
  why: string | null;
  onReverse: (document: DocumentView) => void;
}) {
  const [cursor, setCursor] = useState(0);
  const address = useAddress();
  const openId = address.get('document');
  const setOpenId = (document: string | null) => address.patch({ document }, { replace: true });
  const query = useInfiniteQuery(
    api.exports.documents.infiniteOptions({
      input: (after: string | null) => ({ organisationId, batchId: batch.batchId, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
    }),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const { isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  // One that failed is asked for again when a person says so, not with every row that scrolls by.
  const hasNextPage = query.hasNextPage && !isFetchNextPageError;
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (hasNextPage && !isFetchingNextPage && last + AHEAD > rows.length) void fetchNextPage();
    },
    [rows.length, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const ledger = ledgers[batch.target];
  const columns = useMemo(() => columnsFor(ledger), [ledger]);
  const opened = rows.find(({ id }) => id === openId);

  return (
    <Section title={`Documents · ${total}`}>
      {query.error && !query.data && (
        <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />
      )}
      {total > 0 && (
        <div className={css.documents} style={{ height: Math.min(420, total * 34 + 34) }}>
          <DataGrid
            label="Documents of this batch"
            columns={columns}
            total={total}
            rowAt={(index) => rows[index]}
            idOf={(row) => row.id}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={(row) => setOpenId(row.id === openId ? null : row.id)}
            openId={openId}
            onRange={onRange}
          />
        </div>
      )}
      {opened && (
        <Opened
          organisationId={organisationId}
          batchId={batch.batchId}
          document={opened}
          ledger={ledger}
          why={why}
          onReverse={() => onReverse(opened)}
        />
      )}
    </Section>
  );
}

function columnsFor(ledger: string): readonly GridColumn<DocumentView>[] {
  return [
    { id: 'date', title: 'Date', track: '108px', cell: (row) => formatDay(row.date) },
    { id: 'supplier', title: 'Supplier', track: 'minmax(108px, 1.4fr)', cell: (row) => row.supplier },
    { id: 'invoice', title: 'Invoice', track: 'minmax(100px, 1fr)', cell: (row) => row.invoiceNumber || '—' },
    {
      id: 'net',
      title: 'Net',
      track: '118px',
      from: 960,
      right: true,
      cell: (row) => <Money amount={row.net} currency={row.currency} />,
    },
    {
      id: 'vat',
      title: 'VAT',
      track: '118px',
      right: true,
      cell: (row) => <Money amount={row.vat} currency={row.currency} />,
    },
    {
      id: 'gross',
      title: 'Gross',
      track: '118px',
      right: true,
      cell: (row) => <Money amount={row.gross} currency={row.currency} />,
    },
    {
      id: 'found',
      title: `Gross in ${ledger}`,
      track: '118px',
      right: true,
      cell: (row) => <Money amount={row.readBack?.gross ?? null} currency={row.currency} unknown="Not read back yet" />,
    },
    {
      id: 'state',
      title: 'State',
      track: 'minmax(130px, 1fr)',
      cell: (row) => {
        const look = standingOf(row);
        return <Status {...look}>{row.problem ?? look.word}</Status>;
      },
    },
  ];
}

/** What a document has come to: its own state, unless it was changed there or is being taken back. */
function standingOf(row: DocumentView) {
  if (row.changedAfterPosting) return changedAfterPosting;
  if (row.reversal) return reversalStates[row.reversal.state];
  if (row.released) return released;
  return documentStates[row.state];
}

/** One document beside what the ledger holds; an unknown outcome is looked up, never repeated. */
function Opened({
  organisationId,
  batchId,
  document,
  ledger,
  why,
  onReverse,
}: {
  organisationId: string;
  batchId: string;
  document: DocumentView;
  ledger: string;
  why: string | null;
  onReverse: () => void;
}) {
  const reversible =
    ['posted', 'verified', 'mismatch'].includes(document.state) &&
    !document.released &&
    (document.reversal?.state ?? 'refused') === 'refused';
  const found = document.readBack;
  return (
    <div className={css.opened}>
      <Facts
        rows={[
          ['Document', `${document.supplier}, ${document.invoiceNumber}`],
          ['Lines', words.lines(document.lines)],
          [`Number in ${ledger}`, document.vendorId ?? '—'],
          [
            'State',
            <Status key="state" {...documentStates[document.state]}>
              {documentStates[document.state].word}
            </Status>,
          ],
          ...(document.linked ? ([['Linked', `Stood in ${ledger} already; nothing was posted`]] as const) : []),
          ...(document.changedAfterPosting
            ? ([
                [
                  'Changed there',
                  <span key="changed">
                    <Instant at={document.changedAfterPosting} />, after we posted it. Read it in {ledger} and decide:
                    put it right there, or reverse it.
                  </span>,
                ],
              ] as const)
            : []),
          ...(document.problem ? ([['What happened', document.problem]] as const) : []),
          ...(document.reversal ? reversalFacts(document.reversal, document.currency, ledger) : []),
        ]}
      />
      <table className={css.compare}>
        <thead>
          <tr>
            <th scope="col">{document.currency}</th>
            <th scope="col">Batch</th>
            <th scope="col">{ledger}</th>
          </tr>
        </thead>
        <tbody>
          {(['net', 'vat', 'gross'] as const).map((part) => (
            <tr key={part}>
              <th scope="row">{part === 'vat' ? 'VAT' : part === 'net' ? 'Net' : 'Gross'}</th>
              <td>
                <Money amount={document[part]} currency={document.currency} />
              </td>
              <td>
                <Money amount={found?.[part] ?? null} currency={document.currency} unknown="Not read back yet" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={css.actions}>
        {(isUnsettled(document) || (document.reversal && isUnsettled(document.reversal))) && (
          <RoleButton
            why={why}
            onClick={() =>
              void attempt(() => client.exports.check({ organisationId, batchId, documentId: document.id }))
            }
          >
            {[document.state, document.reversal?.state].includes('held') ? 'Try again now' : `Check in ${ledger} now`}
          </RoleButton>
        )}
        {document.state === 'refused' && !document.released && (
          <>
            <RoleButton
              why={why}
              variant="default"
              onClick={() =>
                void attempt(() => client.exports.release({ organisationId, batchId, documentIds: [document.id] }))
              }
            >
              Give its {words.lines(document.lines)} back to the review
            </RoleButton>
            <RoleButton
              why={why}
              variant="default"
              onClick={() =>
                void attempt(() => client.exports.link({ organisationId, batchId, documentId: document.id }))
              }
            >
              It stands there already: link it
            </RoleButton>
          </>
        )}
        {reversible && (
          <RoleButton why={why} variant="default" onClick={onReverse}>
            Reverse this document…
          </RoleButton>
        )}
      </div>
    </div>
  );
}

/** Somebody may have put right in the ledger, or in the settings, what stopped it. */
const isUnsettled = ({ state, problem }: Pick<DocumentView, 'state' | 'problem'>) =>
  ['in_doubt', 'held', 'mismatch'].includes(state) || (state === 'posted' && problem !== null);

/** The document that takes it back, beside who asked for it and who signed. */
function reversalFacts(reversal: NonNullable<DocumentView['reversal']>, currency: string, ledger: string) {
  const look = reversalStates[reversal.state];
  return [
    [
      'Reversal',
      <span key="reversal">
        <Status {...look}>{look.word}</Status> {reversal.number} of {formatDay(reversal.date)}
        {reversal.vendorId ? `, ${reversal.vendorId} in ${ledger}` : ''}
      </span>,
    ],
    [
      'Read back',
      <Money
        key="read"
        amount={reversal.readBack?.gross ?? null}
        currency={currency}
        unknown="The reversal is not read back yet"
      />,
    ],
    ['Asked by', `${reversal.askedBy}, approved by ${reversal.approvedBy}: ${reversal.reason}`],
    ['Its lines', reversal.lines === 'free' ? 'come back to the review' : 'are left out'],
    ...(reversal.problem ? [['Reversal problem', reversal.problem] as const] : []),
  ] as const;
}
