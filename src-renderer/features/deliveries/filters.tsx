import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type { DeliveryFilter, InboundFilter } from '../../../src-shared/contract/deliveries.ts';
import { api } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import css from '../../ui/workspace.module.css';
import { classNames, inboundStates } from './strings.ts';
import { useSystems } from './use-deliveries.ts';

const periods = { '1': 'Last hour', '24': 'Last 24 hours', '168': 'Last 7 days' } as const;
const hourMs = 3_600_000;

/** What the address asks for, as the list and the bulk actions take it; empty: no filter. */
export function useOutboundFilter(): DeliveryFilter {
  const address = useAddress();
  const from = useFrom();
  const [system, text, deliveryClass] = [address.get('system'), address.get('text'), address.get('class')];
  const known = deliveryClass !== null && deliveryClass in classNames;
  return {
    ...(system ? { system } : {}),
    ...(text ? { text } : {}),
    ...(known ? { deliveryClass: deliveryClass as keyof typeof classNames } : {}),
    ...(from ? { from } : {}),
  };
}

export function useInboundFilter(): InboundFilter {
  const address = useAddress();
  const from = useFrom();
  const [source, text, state] = [address.get('source'), address.get('text'), address.get('state')];
  const known = state !== null && state in inboundStates;
  return {
    ...(source ? { source } : {}),
    ...(text ? { text } : {}),
    ...(known ? { state: state as keyof typeof inboundStates } : {}),
    ...(from ? { from } : {}),
  };
}

/** The beginning of the period that was chosen, fixed when it was chosen: a list must not change while it is read. */
function useFrom(): string | null {
  const hours = Number(useAddress().get('hours') ?? 0);
  const now = useEngineNow(hourMs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment of choosing counts, not every later one
  return useMemo(() => (hours > 0 ? new Date(now - hours * hourMs).toISOString() : null), [hours]);
}

/** One choice of the address; the first option is "all". */
function Choice({ name, all, label, options }: { name: string; all: string; label: string; options: Options }) {
  const address = useAddress();
  return (
    <Select
      aria-label={label}
      w={148}
      value={address.get(name) ?? ''}
      data={[{ value: '', label: all }, ...options]}
      onChange={(value) => address.patch({ [name]: value, id: null })}
    />
  );
}
type Options = readonly { value: string; label: string }[];

const optionsOf = (words: Readonly<Record<string, string>>): Options =>
  Object.entries(words).map(([value, label]) => ({ value, label }));

/** Narrows the list; every choice is part of the address. */
export function Filters({ inbound, organisationId }: { inbound: boolean; organisationId: string }) {
  const address = useAddress();
  const search = useRef<HTMLInputElement>(null);
  const { names } = useSystems(organisationId);
  const sources = useQuery(api.systems.sources.queryOptions({ input: { organisationId }, enabled: inbound }));
  useCommands([
    {
      id: 'deliveries-filter',
      title: 'Filter the list',
      group: 'Deliveries',
      keys: ['/'],
      run: () => search.current?.focus(),
    },
  ]);
  const text = address.get('text') ?? '';
  return (
    <div className={css.filters}>
      {inbound ? (
        <>
          <Choice
            name="source"
            label="Sender"
            all="All senders"
            options={(sources.data ?? []).map(({ source, name }) => ({ value: source, label: name }))}
          />
          <Choice
            name="state"
            label="State"
            all="Any state"
            options={Object.entries(inboundStates).map(([value, { word }]) => ({ value, label: word }))}
          />
        </>
      ) : (
        <>
          <Choice name="system" label="System" all="All systems" options={optionsOf(Object.fromEntries(names))} />
          <Choice name="class" label="Class" all="Any class" options={optionsOf(classNames)} />
        </>
      )}
      <Choice name="hours" label="Period" all="Any time" options={optionsOf(periods)} />
      <TextInput
        ref={search}
        key={text}
        aria-label={inbound ? 'Filter by id or event key' : 'Filter by alert, invoice, vendor, id, key or answer'}
        placeholder="Filter  /"
        w={150}
        defaultValue={text}
        onKeyDown={(event) => {
          if (event.key === 'Enter') address.patch({ text: event.currentTarget.value.trim(), id: null });
          if (event.key === 'Escape') address.patch({ text: null });
        }}
        onBlur={(event) => address.patch({ text: event.currentTarget.value.trim() })}
      />
    </div>
  );
}
