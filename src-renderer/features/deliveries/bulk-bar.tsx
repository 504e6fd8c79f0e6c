import { Modal, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryFilter } from '../../../src-shared/contract/deliveries.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import { Facts } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ActButton } from '../people/role-controls.tsx';
import type { Tab } from './strings.ts';

type Kind = 'retry' | 'replay_as_sent' | 'replay_present' | 'hold' | 'release' | 'discard' | 'check';

const kindWords: Readonly<Record<Kind, string>> = {
  retry: 'Try again',
  replay_as_sent: 'Replay as sent',
  replay_present: 'Replay with present settings',
  hold: 'Hold',
  release: 'Release',
  discard: 'Discard',
  check: 'Check',
};

/** What makes sense for the rows of a tab; the engine still refuses row by row what is not possible. */
const offered: Readonly<Record<Exclude<Tab, 'inbound'>, readonly Kind[]>> = {
  waiting: ['hold', 'discard'],
  retrying: ['hold', 'discard'],
  in_doubt: ['check'],
  dead: ['retry', 'replay_present', 'discard'],
  held: ['release', 'discard'],
  done: ['replay_as_sent', 'replay_present'],
  all: [],
};

/** Acts on the selected rows, or on everything in the filter: count and estimate come first. */
export function BulkBar({
  organisationId,
  selected,
  filter,
  total,
  more,
  tab,
  onDone,
}: {
  organisationId: string;
  selected: readonly string[];
  filter: DeliveryFilter;
  total: number;
  more: boolean;
  tab: Exclude<Tab, 'inbound'>;
  onDone: () => void;
}) {
  const [kind, setKind] = useState<Kind | null>(null);
  if (offered[tab].length === 0 || total === 0) return null;
  const chosen = selected.length > 0 ? { ids: [...selected] } : { filter };
  const count = selected.length > 0 ? formatCount(selected.length) : `${formatCount(total)}${more ? ' or more' : ''}`;
  return (
    <div className={css.bulk}>
      <span>{selected.length > 0 ? `${count} selected` : `${count} in this list`}</span>
      {offered[tab].map((one) => (
        <ActButton call="deliveries.bulk" key={one} variant="default" size="compact-sm" onClick={() => setKind(one)}>
          {kindWords[one]} {selected.length > 0 ? formatCount(selected.length) : 'all'}…
        </ActButton>
      ))}
      {kind && (
        <BulkDialog
          organisationId={organisationId}
          chosen={chosen}
          kind={kind}
          onClose={() => setKind(null)}
          onDone={onDone}
        />
      )}
    </div>
  );
}

function BulkDialog({
  organisationId,
  chosen,
  kind,
  onClose,
  onDone,
}: {
  organisationId: string;
  chosen: { ids: string[] } | { filter: DeliveryFilter };
  kind: Kind;
  onClose: () => void;
  onDone: () => void;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<readonly { id: string; reason: string }[] | null>(null);
  const estimate = useQuery(
    api.deliveries.bulkEstimate.queryOptions({ input: { organisationId, chosen, kind }, staleTime: 0 }),
  );
  const needsReason = kind === 'hold' || kind === 'discard';
  const run = async () => {
    setBusy(true);
    const done = await attempt(() => client.deliveries.bulk({ organisationId, chosen, kind, reason: reason.trim() }));
    setBusy(false);
    if (!done) return;
    await queryClient.invalidateQueries({ queryKey: api.deliveries.key() });
    onDone();
    if (done.refused.length === 0) onClose();
    else setRefused(done.refused);
  };
  const facts = estimate.data;
  return (
    <Modal opened onClose={onClose} title={`${kindWords[kind]}: what will happen`}>
      <div className={css.stack}>
        {estimate.error && <ProblemNote problem={problemOf(estimate.error)} />}
        {!facts && !estimate.error && <Skeletons rows={4} label="Estimating." />}
        {facts && refused === null && (
          <>
            <Facts
              rows={[
                ['Deliveries', formatCount(facts.count)],
                ['Not possible now', formatCount(facts.refused)],
                ...facts.systems.map(
                  ({ system, count, atPacePerMinute }) =>
                    [
                      system,
                      `${formatCount(count)}${atPacePerMinute === null ? '' : `, at ${atPacePerMinute} a minute`}`,
                    ] as const,
                ),
                ['Takes about', formatDuration(facts.durationMs)],
              ]}
            />
            {facts.seenTwice.length > 0 && (
              <p className={css.muted}>{facts.seenTwice.join(', ')} cannot recognise a repeat and may show it twice.</p>
            )}
            {needsReason && (
              <Textarea
                label="Reason"
                description="Kept in the audit log."
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                autosize
                minRows={2}
              />
            )}
            <ActButton
              call="deliveries.bulk"
              loading={busy}
              disabled={facts.count - facts.refused === 0 || (needsReason && reason.trim() === '')}
              onClick={() => void run()}
            >
              {kindWords[kind]} {formatCounted(facts.count - facts.refused, 'delivery', 'deliveries')}
            </ActButton>
          </>
        )}
        {refused !== null && (
          <Facts
            rows={[
              ['Refused', formatCount(refused.length)],
              ...refused.slice(0, 20).map((one) => [one.id, one.reason] as const),
            ]}
          />
        )}
      </div>
    </Modal>
  );
}
