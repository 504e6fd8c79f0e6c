import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { InboundSource } from '../../../src-shared/contract/systems.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { api } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { readAgain } from '../../data/unread.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import { Instant } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { SenderStatus } from './health.tsx';
import { SenderPanel } from './sender-panel.tsx';

const columns: readonly GridColumn<InboundSource>[] = [
  { id: 'name', title: 'Sender', track: 'minmax(190px, 1.6fr)', cell: (row) => row.name },
  { id: 'state', title: 'State', track: '128px', cell: (row) => <SenderStatus sender={row} /> },
  {
    id: 'received',
    title: '24 hours',
    track: '84px',
    right: true,
    cell: (row) => formatCount(row.received24h),
  },
  {
    id: 'last',
    title: 'Last received',
    track: '150px',
    from: 720,
    cell: (row) => (row.lastReceivedAt ? <Instant at={row.lastReceivedAt} /> : '—'),
  },
  {
    id: 'refused',
    title: 'Refused',
    track: '84px',
    right: true,
    cell: (row) => formatCount(row.refused),
  },
  { id: 'path', title: 'Path', track: 'minmax(120px, 1.2fr)', from: 860, cell: (row) => row.path },
];

/** Who may send webhooks here, with what secret, and what came of it. */
export function Senders({ organisationId }: { organisationId: string }) {
  const address = useAddress();
  const open = address.get('sender');
  const query = useQuery(api.systems.sources.queryOptions({ input: { organisationId }, refetchInterval: 15_000 }));
  const [cursor, setCursor] = useState(0);
  const rows = query.data ?? [];
  const opened = rows.find(({ source }) => source === open);
  const move = (by: number) => setCursor(Math.min(rows.length - 1, Math.max(0, cursor + by)));
  const show = (sender: string | null) => address.patch({ sender }, { replace: open !== null });
  useCommands([
    { id: 'sender-next', title: 'Next sender', group: 'Senders', keys: ['j'], run: () => move(1) },
    { id: 'sender-previous', title: 'Previous sender', group: 'Senders', keys: ['k'], run: () => move(-1) },
    {
      id: 'sender-open',
      title: 'Open the sender',
      group: 'Senders',
      keys: ['enter'],
      run: () => show(rows[cursor]?.source ?? null),
    },
    { id: 'sender-close', title: 'Close the sender', group: 'Senders', keys: ['escape'], run: () => show(null) },
  ]);
  return (
    <>
      <div className={css.list} id="systems" role="tabpanel" aria-label="Senders">
        {query.error && !query.data ? (
          <div className={css.pad}>
            <ProblemNote problem={problemOf(query.error)} onRetry={readAgain} />
          </div>
        ) : query.isPending ? (
          <Skeletons rows={11} label="Reading the senders." />
        ) : (
          <DataGrid
            label="Senders"
            columns={columns}
            total={rows.length}
            rowAt={(index) => rows[index]}
            idOf={({ source }) => source}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={({ source }) => show(source)}
            openId={open}
          />
        )}
      </div>
      {opened && (
        <SenderPanel
          key={`${opened.source} ${JSON.stringify([opened.options, opened.publicUrl, opened.corsOrigins])}`}
          organisationId={organisationId}
          sender={opened}
          onClose={() => show(null)}
        />
      )}
    </>
  );
}
