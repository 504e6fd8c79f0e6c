import { Button, CloseButton, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PushField, PushView } from '../../../src-shared/contract/crm.ts';
import { formatDuration, formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant, Key } from '../../ui/text.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import css from './crm.module.css';
import { NoteDialog } from './note-dialog.tsx';
import { crmNames, states, valueText, words } from './strings.ts';

interface DetailProps {
  readonly organisationId: string;
  readonly id: string;
  readonly onlyDifferent: boolean;
  readonly busy: boolean;
  readonly onApprove: (hash: string) => void;
  readonly onHold: () => void;
  readonly onClose: () => void;
}

/** One push, field by field: what is there now, what will be, and why; every number opens its formula (V3). */
export function PushDetail({ organisationId, id, onlyDifferent, busy, onApprove, onHold, onClose }: DetailProps) {
  const found = useQuery(api.crm.push.queryOptions({ input: { organisationId, id } }));
  const push = found.data;
  if (found.error && !found.data)
    return <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />;
  if (!push) return <Skeletons rows={4} label="Reading the push." />;
  const name = crmNames[push.crm];
  const look = states[push.state];
  const fields = onlyDifferent ? push.fields.filter(({ changed, conflict }) => changed || conflict) : push.fields;
  const choose = (field: PushField, take: 'ours' | 'theirs') =>
    attempt(() => client.crm.choose({ organisationId, id, take: { [field.key]: take } }));
  const again = () =>
    attempt(() =>
      client.crm.prepare({
        organisationId,
        period: push.period,
        vendorId: push.vendorId,
        crm: push.crm,
        readAgain: true,
      }),
    );
  return (
    <aside className={css.detail} aria-label="Push detail">
      <div className={css.head}>
        <h2>
          {push.vendor} → {name}, {formatPeriod(push.period)}
        </h2>
        <Status shape={look.shape} tone={look.tone}>
          {look.word}
        </Status>
        <span className={css.muted}>
          {push.canRead ? (
            push.readAt ? (
              <>
                read from {name} <Instant at={push.readAt} />
              </>
            ) : (
              `not read from ${name} yet`
            )
          ) : (
            words.unreadable(name)
          )}
        </span>
        {push.canRead && (
          <ActButton call="crm.prepare" size="compact-sm" variant="default" onClick={() => void again()}>
            Read again
          </ActButton>
        )}
        <CloseButton className={css.close} aria-label="Close the push" onClick={onClose} />
      </div>
      {push.problem && <p className={css.problem}>{push.problem}</p>}
      {push.note !== '' && <p className={css.muted}>Note to the vendor: {push.note}</p>}
      {push.holdReason && <p className={css.problem}>Held: {push.holdReason}</p>}
      <div className={css.fields}>
        <PlainTable
          label="Fields of the push"
          head={[
            { text: 'Field' },
            { text: `Now in ${name}`, right: true },
            { text: 'Will be', right: true },
            { text: 'Why' },
            ...(push.readBack ? [{ text: 'Read back', right: true }] : []),
            ...(push.state === 'conflict' ? [{ text: 'Choice' }] : []),
          ]}
        >
          {fields.map((field) => (
            <tr key={field.key}>
              <th scope="row">
                {field.name}
                {field.estimate ? ' (estimate)' : ''}
              </th>
              <td data-right>{valueText(field.now, field.unit)}</td>
              <td data-right className={field.changed ? css.changed : undefined}>
                {field.take === 'theirs' ? 'stays' : valueText(field.next, field.unit)}
                {field.changed ? '' : ' ='}
              </td>
              <td>
                <Why field={field} />
              </td>
              {push.readBack && <td data-right>{valueText(push.readBack[field.key] ?? null, field.unit)}</td>}
              {push.state === 'conflict' && (
                <td>
                  {field.conflict ? (
                    <ActFields call="crm.choose">
                      {' '}
                      <SegmentedControl
                        size="xs"
                        aria-label={`Choice for ${field.name}`}
                        data={[
                          { value: 'undecided', label: 'Choose', disabled: true },
                          { value: 'theirs', label: 'Keep theirs' },
                          { value: 'ours', label: 'Write ours' },
                        ]}
                        value="undecided"
                        onChange={(value) => void choose(field, value === 'ours' ? 'ours' : 'theirs')}
                      />
                    </ActFields>
                  ) : (
                    '—'
                  )}
                </td>
              )}
            </tr>
          ))}
        </PlainTable>
      </div>
      <Actions push={push} busy={busy} onApprove={onApprove} onHold={onHold} organisationId={organisationId} />
      <p className={css.muted}>{words.onlyThese(name)}</p>
      {push.eventAt && push.settledAt && (
        <p className={css.muted}>
          New client: event <Instant at={push.eventAt} show="time" /> → in CRM{' '}
          <Instant at={push.settledAt} show="time" /> (
          {formatDuration(Math.max(0, Date.parse(push.settledAt) - Date.parse(push.eventAt)))} of 3 min)
        </p>
      )}
      {push.history.length > 0 && (
        <ol className={css.history}>
          {push.history.map((entry) => (
            <li key={`${entry.at} ${entry.what}`}>
              <Instant at={entry.at} /> {entry.who}: {entry.what.replaceAll('_', ' ')}
              {entry.detail === '' ? '' : `, ${entry.detail}`}
            </li>
          ))}
        </ol>
      )}
    </aside>
  );
}

function Why({ field }: { field: PushField }) {
  if (field.inputs.length === 0) return field.formula;
  return (
    <details className={css.formula}>
      <summary>{field.formula}</summary>
      <ul>
        {field.inputs.map(({ name, value }) => (
          <li key={name}>
            {name}: {value}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Actions({
  push,
  busy,
  organisationId,
  onApprove,
  onHold,
}: {
  push: PushView;
  busy: boolean;
  organisationId: string;
  onApprove: (hash: string) => void;
  onHold: () => void;
}) {
  const [noting, setNoting] = useState(false);
  const open = ['to_approve', 'refused', 'held'].includes(push.state) && push.changes > 0;
  const report = () =>
    attempt(async () => {
      const { download, name } = await client.crm.report({
        organisationId,
        vendorId: push.vendorId,
        period: push.period,
      });
      await saveAs(name, { handle: download });
    });
  return (
    <div className={css.actions}>
      {open && (
        <ActButton call="crm.approve" loading={busy} onClick={() => onApprove(push.hash)} rightSection={<Key>A</Key>}>
          Approve
        </ActButton>
      )}
      {['to_approve', 'approved', 'conflict', 'refused'].includes(push.state) && (
        <ActButton call="crm.hold" variant="default" onClick={onHold} rightSection={<Key>H</Key>}>
          Hold…
        </ActButton>
      )}
      {['to_approve', 'approved', 'held', 'conflict', 'refused'].includes(push.state) && (
        <ActButton call="crm.setNote" variant="default" onClick={() => setNoting(true)}>
          {push.note === '' ? 'Add a note to the vendor…' : 'Edit note to the vendor…'}
        </ActButton>
      )}
      {noting && <NoteDialog organisationId={organisationId} push={push} onClose={() => setNoting(false)} />}
      {push.state === 'held' && (
        <ActButton
          call="crm.release"
          variant="default"
          onClick={() => void attempt(() => client.crm.release({ organisationId, ids: [push.id] }))}
        >
          Release
        </ActButton>
      )}
      {push.putBackUntil && (
        <ActButton
          call="crm.putBack"
          variant="default"
          onClick={() =>
            void attempt(() =>
              client.crm.putBack({ organisationId, id: push.id, reason: 'Put back from the CRM screen' }),
            )
          }
        >
          Put back previous values
        </ActButton>
      )}
      <Button variant="subtle" onClick={() => void report()}>
        Value report (PDF)
      </Button>
    </div>
  );
}
