import { Button, NumberInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { useUndo } from '../../state/undo.ts';
import { PlainTable, Section } from '../../ui/screen.tsx';
import { Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './notes.module.css';

type Share = ContractOutputs['desk']['shares'][number];
type Wanted = Pick<Share, 'target' | 'targetId' | 'weight'>;
type Targets = ContractOutputs['desk']['shareTargets'];

const general = 'general:';
const keyOf = ({ target, targetId }: Pick<Share, 'target' | 'targetId'>) => `${target}:${targetId}`;

/** Whom the line was for. The document is one in the ledger all the same; this is for cost per wedding and vendor. */
export function Shares({
  organisationId,
  lineId,
  editing,
  onEditing,
  why,
}: {
  organisationId: string;
  lineId: string;
  editing: boolean;
  onEditing: (on: boolean) => void;
  why: string | null;
}) {
  const input = { organisationId, lineId };
  const shares = useQuery(api.desk.shares.queryOptions({ input }));
  const targets = useQuery(api.desk.shareTargets.queryOptions({ input }));
  const now = shares.data ?? [];
  const nameOf = (share: Pick<Share, 'target' | 'targetId'>) => nameIn(targets.data, share);

  const save = async (wanted: readonly Wanted[] | 'weddings') => {
    const before = now.map(({ target, targetId, weight }) => ({ target, targetId, weight }));
    const done = await attempt(() =>
      client.desk.allocate({ ...input, shares: wanted === 'weddings' ? wanted : [...wanted] }),
    );
    if (!done) return;
    useUndo.getState().offer({
      id: `shares ${lineId} ${Date.now()}`,
      text:
        done.length === 0
          ? 'The line is for nobody in particular.'
          : `Shared among ${formatCounted(done.length, 'part', 'parts')}.`,
      undo: () => attempt(() => client.desk.allocate({ ...input, shares: before })),
    });
    onEditing(false);
  };

  return (
    <Section
      title="For whom"
      aside={
        !editing && (
          <RoleButton why={why} variant="default" size="compact-xs" onClick={() => onEditing(true)}>
            {now.length === 0 ? 'Share it out…' : 'Change…'}
          </RoleButton>
        )
      }
    >
      {editing && targets.data && shares.data ? (
        <ShareForm
          start={now}
          targets={targets.data}
          onSave={(wanted) => void save(wanted)}
          onCancel={() => onEditing(false)}
        />
      ) : now.length === 0 ? (
        <p className={css.quiet}>Nobody in particular: it counts for all weddings alike.</p>
      ) : (
        <PlainTable
          label="Shares"
          head={[{ text: 'For' }, { text: 'Parts', right: true }, { text: 'Net', right: true }]}
        >
          {now.map((share) => (
            <tr key={keyOf(share)}>
              <th scope="row">{nameOf(share)}</th>
              <td data-right>{share.weight}</td>
              <td data-right>
                <Money amount={share.net} />
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
    </Section>
  );
}

function nameIn(targets: Targets | undefined, { target, targetId }: Pick<Share, 'target' | 'targetId'>): string {
  if (target === 'general') return 'Everybody';
  const list = target === 'wedding' ? targets?.weddings : targets?.vendors;
  return list?.find(({ id }) => id === targetId)?.name ?? `${target} ${targetId}`;
}

function ShareForm({
  start,
  targets,
  onSave,
  onCancel,
}: {
  start: readonly Share[];
  targets: Targets;
  onSave: (wanted: readonly Wanted[] | 'weddings') => void;
  onCancel: () => void;
}) {
  const [parts, setParts] = useState<readonly Wanted[]>(() =>
    start.map(({ target, targetId, weight }) => ({ target, targetId, weight })),
  );
  const taken = new Set(parts.map(keyOf));
  const choices = [
    { group: 'Vendors', items: targets.vendors.map(({ id, name }) => ({ value: `vendor:${id}`, label: name })) },
    { group: 'Weddings', items: targets.weddings.map(({ id, name }) => ({ value: `wedding:${id}`, label: name })) },
    { group: 'Other', items: [{ value: general, label: 'Everybody' }] },
  ].map(({ group, items }) => ({ group, items: items.filter(({ value }) => !taken.has(value)) }));
  const confirmed = targets.weddings.filter((wedding) => wedding.confirmed).length;
  const add = (key: string | null) => {
    if (!key) return;
    const at = key.indexOf(':');
    setParts([...parts, { target: key.slice(0, at) as Wanted['target'], targetId: key.slice(at + 1), weight: 1 }]);
  };
  return (
    <form
      className={css.shareForm}
      aria-label="Share the line out"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(parts);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onCancel();
      }}
    >
      {parts.map((part, index) => (
        <div key={keyOf(part)} className={css.sharePart}>
          <span>{nameIn(targets, part)}</span>
          <NumberInput
            aria-label={`Parts for ${nameIn(targets, part)}`}
            w={76}
            min={1}
            allowDecimal={false}
            value={part.weight}
            onChange={(weight) => setParts(parts.with(index, { ...part, weight: Math.max(1, Number(weight) || 1) }))}
          />
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`Take ${nameIn(targets, part)} out`}
            onClick={() => setParts(parts.filter((_, at) => at !== index))}
          >
            Take out
          </Button>
        </div>
      ))}
      <Select
        key={parts.length}
        data-autofocus
        autoFocus
        searchable
        label="Add a vendor or a wedding of the service period"
        placeholder="Name or date"
        nothingFoundMessage="Nobody by that name."
        data={choices}
        value={null}
        onChange={add}
      />
      <div className={css.shareButtons}>
        <Button type="submit">
          {parts.length === 0 ? 'Share with nobody' : `Share among ${formatCounted(parts.length, 'part', 'parts')}`}
        </Button>
        <Button variant="default" disabled={confirmed === 0} onClick={() => onSave('weddings')}>
          All {formatCounted(confirmed, 'wedding', 'weddings')} alike
        </Button>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
