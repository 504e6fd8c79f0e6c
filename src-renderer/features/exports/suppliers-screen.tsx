import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Supplier } from '../../../src-shared/contract/exports.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { fold } from '../../state/search.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { countryName } from './line-form.tsx';
import { SupplierDialog } from './supplier-dialog.tsx';

const inOrder = new Intl.Collator('en-GB', { numeric: true });

/** Who the suppliers are: what was said once about each decides the VAT of all its lines, so it can be seen and put right. */
export function SuppliersScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const why = useWhyNot('exports.saveSupplier');
  const search = useRef<HTMLInputElement>(null);
  const found = useQuery(api.exports.suppliers.queryOptions({ input: { organisationId } }));
  const text = address.get('text') ?? '';
  const list = found.data
    ?.filter(({ name, aliases, vatNumber }) =>
      [name, vatNumber, ...aliases].some((one) => fold(one).includes(fold(text))),
    )
    .toSorted((a, b) => Number(a.confirmed) - Number(b.confirmed) || inOrder.compare(a.name, b.name));
  const opened = found.data?.find(({ id }) => id === address.get('supplier'));
  const open = (id: string | null) => address.patch({ supplier: id }, { replace: true });

  const offerUndo = (before: Supplier) => {
    // What nobody had said yet cannot be unsaid: it can be changed again.
    if (!before.confirmed) return;
    const { confirmed: _, ...supplier } = before;
    useUndo.getState().offer({
      id: `${supplier.id} ${Date.now()}`,
      text: `${supplier.name} changed; its open lines were judged again.`,
      undo: () => attempt(() => client.exports.saveSupplier({ organisationId, supplier })),
    });
  };
  useCommands([
    {
      id: 'suppliers-filter',
      title: 'Filter the list',
      group: 'Exports',
      keys: ['/'],
      run: () => search.current?.focus(),
    },
  ]);

  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine of={found} shape="circle" tone="muted">
        {found.data ? answerOf(found.data) : 'Reading the suppliers.'}
      </AnswerLine>
      <div className={css.scroll}>
        {found.error && !found.data && (
          <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />
        )}
        {!found.data && !found.error && <Skeletons rows={6} label="Reading the suppliers." />}
        {found.data?.length === 0 && (
          <Empty title="No supplier yet.">Each issuer of an imported or typed-in invoice stands here.</Empty>
        )}
        {list && (found.data?.length ?? 0) > 0 && (
          <>
            <TextInput
              ref={search}
              key={text}
              aria-label="Filter by name or VAT number"
              placeholder="Filter  /"
              w={220}
              defaultValue={text}
              onKeyDown={(event) => {
                if (event.key === 'Enter') address.patch({ text: event.currentTarget.value.trim() });
                if (event.key === 'Escape') address.patch({ text: null });
              }}
              onBlur={(event) => address.patch({ text: event.currentTarget.value.trim() })}
            />
            {list.length === 0 && (
              <Empty title="No supplier matches this filter." action={<a href="#/exports/suppliers">Clear filter</a>} />
            )}
            {list.length > 0 && (
              <PlainTable
                label="Suppliers"
                head={[
                  { text: 'Supplier' },
                  { text: 'Country' },
                  { text: 'VAT number' },
                  { text: 'Other names in files' },
                  { text: 'Actions' },
                ]}
              >
                {list.map((supplier) => (
                  <SupplierRow key={supplier.id} supplier={supplier} why={why} onChange={() => open(supplier.id)} />
                ))}
              </PlainTable>
            )}
          </>
        )}
      </div>
      {opened && !why && (
        <SupplierDialog
          organisationId={organisationId}
          suppliers={[opened]}
          onSaved={() => offerUndo(opened)}
          onClose={() => open(null)}
        />
      )}
    </div>
  );
}

function SupplierRow({
  supplier,
  why,
  onChange,
}: {
  supplier: Supplier;
  why: ReturnType<typeof useWhyNot>;
  onChange: () => void;
}) {
  const { name, country, vatNumber, ukEstablishment, aliases, confirmed } = supplier;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {(countryName(country) ?? country) || '—'}
        {ukEstablishment && country !== 'GB' && <div className={css.muted}>a UK establishment supplies us</div>}
        {!confirmed && (
          <Status shape="diamond" tone="warning">
            To confirm
          </Status>
        )}
      </td>
      <td>{vatNumber || '—'}</td>
      <td>{aliases.filter((one) => one !== name).join(', ') || '—'}</td>
      <td>
        <RoleButton why={why} variant="default" size="compact-xs" aria-label={`Change ${name}`} onClick={onChange}>
          Change…
        </RoleButton>
      </td>
    </tr>
  );
}

/** How many there are, and who still has to be named. */
function answerOf(all: readonly Supplier[]): string {
  const unknown = all.filter(({ confirmed }) => !confirmed).length;
  const there = formatCounted(all.length, 'supplier', 'suppliers');
  if (all.length === 0) return 'No supplier yet.';
  return unknown === 0
    ? `${there}, each confirmed by a person.`
    : `${there}; ${formatCounted(unknown, 'is', 'are')} still to be confirmed by a person.`;
}
