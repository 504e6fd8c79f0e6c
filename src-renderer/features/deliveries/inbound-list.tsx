import { CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { InboundView } from '../../../src-shared/contract/deliveries.ts';
import { formatBytes, formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { readAgain } from '../../data/unread.ts';
import { useAddress } from '../../state/address.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ActButton } from '../people/role-controls.tsx';
import { DeepNote } from './deep-note.tsx';
import { useInboundFilter } from './filters.tsx';
import { inboundStates } from './strings.ts';
import { useInbound } from './use-deliveries.ts';

function InboundStatus({ state }: { state: InboundView['state'] }) {
  const { shape, tone, word } = inboundStates[state];
  return (
    <Status shape={shape} tone={tone}>
      {word}
    </Status>
  );
}

const columns: readonly GridColumn<InboundView>[] = [
  { id: 'state', title: 'State', track: '130px', cell: (row) => <InboundStatus state={row.state} /> },
  { id: 'source', title: 'Source', track: '110px', cell: (row) => row.source },
  { id: 'key', title: 'Event', track: 'minmax(120px, 1.2fr)', from: 620, cell: (row) => row.eventKey },
  { id: 'at', title: 'Received', track: '160px', cell: (row) => <Instant at={row.receivedAt} /> },
  { id: 'signature', title: 'Signature', track: '100px', from: 900, cell: (row) => row.signature },
  {
    id: 'duplicates',
    title: 'Repeats',
    track: '76px',
    right: true,
    from: 760,
    cell: (row) => formatCount(row.duplicates),
  },
  { id: 'outcome', title: 'What came of it', track: 'minmax(120px, 1.6fr)', cell: (row) => row.outcome },
];

/** Webhooks that came in: signed, stored, worked; raw bodies as text only. */
export function InboundList({ organisationId }: { organisationId: string }) {
  const address = useAddress();
  const open = address.get('id');
  const filter = useInboundFilter();
  const filtered = Object.keys(filter).length > 0;
  const list = useInbound(organisationId, filter);
  const [cursor, setCursor] = useState(0);
  return (
    <>
      <div className={css.list} id="deliveries" role="tabpanel" aria-label="Inbound">
        <DeepNote rows={list.rows.length} again={list.again} />
        {list.error && !list.read ? (
          <div className={css.pad}>
            <ProblemNote problem={problemOf(list.error)} onRetry={readAgain} />
          </div>
        ) : list.pending ? (
          <Skeletons rows={12} label="Reading what came in." />
        ) : list.total === 0 ? (
          <Empty
            title={filtered ? 'Nothing that came in matches this filter.' : 'No webhook has come in yet.'}
            action={
              filtered ? (
                <a href="#/deliveries?tab=inbound">Clear filter</a>
              ) : (
                <a href="#/systems?tab=senders">Set up a sender</a>
              )
            }
          >
            {!filtered && 'Signed webhooks of Slack, PagerDuty, Xero and others appear here once they are set up.'}
          </Empty>
        ) : (
          <DataGrid
            label="Inbound webhooks"
            columns={columns}
            total={list.shown}
            rowAt={(index) => list.rows[index]}
            idOf={({ id }) => id}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={({ id }) => address.patch({ id }, { replace: open !== null })}
            openId={open}
            onRange={list.onRange}
          />
        )}
      </div>
      {open && (
        <InboundPanel
          key={open}
          organisationId={organisationId}
          id={open}
          onClose={() => address.patch({ id: null })}
        />
      )}
    </>
  );
}

function InboundPanel({ organisationId, id, onClose }: { organisationId: string; id: string; onClose: () => void }) {
  const input = { organisationId, id };
  const query = useQuery(api.deliveries.inboundDetail.queryOptions({ input }));
  const detail = query.data;
  const replay = async () => {
    await attempt(() => client.deliveries.inboundReplay(input));
    await queryClient.invalidateQueries({ queryKey: api.deliveries.key() });
  };
  return (
    <aside className={css.detail} aria-label={`Webhook ${id}`}>
      <div className={css.detailHead}>
        <h2>{detail ? `${detail.source}: ${detail.eventKey}` : 'Webhook'}</h2>
        <CloseButton aria-label="Close" onClick={onClose} />
      </div>
      {query.error && !detail && <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />}
      {!detail && !query.error && <Skeletons rows={8} label="Reading the webhook." />}
      {detail && (
        <>
          <InboundStatus state={detail.state} />
          <div className={css.actions}>
            <ActButton call="deliveries.inboundReplay" variant="default" onClick={() => void replay()}>
              Work it again
            </ActButton>
          </div>
          <Facts
            rows={[
              ['Received', <Instant key="r" at={detail.receivedAt} />],
              ['Size', formatBytes(detail.bytes)],
              ['Signature', `valid, ${detail.signature}`],
              ['Outcome', detail.outcome],
              ...detail.effects.map((effect) => [effect.eventId, effect.effect] as const),
            ]}
          />
          <Section title="Body, secrets masked">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44) */}
            <pre className={css.code} tabIndex={0}>
              {detail.body}
            </pre>
          </Section>
        </>
      )}
    </aside>
  );
}
