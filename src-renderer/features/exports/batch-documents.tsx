import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { BatchView, DocumentView } from '../../../src-shared/contract/exports.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { documentStates, ledgers, words } from './strings.ts';

const AHEAD = 50;

/** The live list of what goes to the ledger: state, the ledger's own number, and what it holds now. */
export function BatchDocuments({ organisationId, batch }: { organisationId: string; batch: BatchView }) {
  const [cursor, setCursor] = useState(0);
  const [openId, setOpenId] = useState<string | null>(null);
  const query = useInfiniteQuery(
    api.exports.documents.infiniteOptions({
      input: (after: string | null) => ({ organisationId, batchId: batch.batchId, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
    }),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
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
      {query.error && <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />}
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
      {opened && <Opened organisationId={organisationId} batchId={batch.batchId} document={opened} ledger={ledger} />}
    </Section>
  );
}

function columnsFor(ledger: string): readonly GridColumn<DocumentView>[] {
  return [
    { id: 'date', title: 'Date', track: '100px', cell: (row) => formatDay(row.date) },
    { id: 'supplier', title: 'Supplier', track: 'minmax(120px, 1.4fr)', cell: (row) => row.supplier },
    { id: 'invoice', title: 'Invoice', track: 'minmax(100px, 1fr)', cell: (row) => row.invoiceNumber || '—' },
    {
      id: 'net',
      title: 'Net',
      track: '118px',
      right: true,
      cell: (row) => <Money amount={row.net} currency={row.currency} />,
    },
    {
      id: 'vat',
      title: 'VAT',
      track: '104px',
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
      track: '124px',
      right: true,
      cell: (row) => <Money amount={row.readBack?.gross ?? null} currency={row.currency} unknown="Not read back yet" />,
    },
    {
      id: 'state',
      title: 'State',
      track: 'minmax(130px, 1fr)',
      cell: (row) => <Status {...documentStates[row.state]}>{row.problem ?? documentStates[row.state].word}</Status>,
    },
  ];
}

/** One document beside what the ledger holds; an unknown outcome is looked up, never repeated. */
function Opened({
  organisationId,
  batchId,
  document,
  ledger,
}: {
  organisationId: string;
  batchId: string;
  document: DocumentView;
  ledger: string;
}) {
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
          ...(document.problem ? ([['What happened', document.problem]] as const) : []),
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
      {document.state === 'in_doubt' && (
        <Button
          onClick={() => void attempt(() => client.exports.check({ organisationId, batchId, documentId: document.id }))}
        >
          Check in {ledger} now
        </Button>
      )}
    </div>
  );
}
