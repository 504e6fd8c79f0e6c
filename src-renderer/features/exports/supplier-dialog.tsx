import { Button, Modal, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Supplier } from '../../../src-shared/contract/exports.ts';
import { countryOf } from '../../../src-shared/domain/cost/country.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import css from './exports.module.css';
import { countryName } from './line-form.tsx';
import { words } from './strings.ts';

/** Asks once per new issuer who it is, or changes what was said; it is remembered for every later file. */
export function SupplierDialog({
  organisationId,
  suppliers,
  onSaved,
  onClose,
}: {
  organisationId: string;
  suppliers: readonly Supplier[];
  onSaved?: () => void;
  onClose: () => void;
}) {
  const supplier = suppliers[0];
  return (
    <Modal
      opened={supplier !== undefined}
      onClose={onClose}
      title={
        supplier?.confirmed
          ? `Change ${supplier.name}`
          : `New supplier${suppliers.length > 1 ? `, ${suppliers.length} to go` : ''}`
      }
    >
      {supplier && (
        <SupplierForm
          key={supplier.id}
          organisationId={organisationId}
          supplier={supplier}
          last={suppliers.length === 1}
          onSaved={onSaved}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

function SupplierForm({
  organisationId,
  supplier,
  last,
  onSaved,
  onClose,
}: {
  organisationId: string;
  supplier: Supplier;
  last: boolean;
  onSaved: (() => void) | undefined;
  onClose: () => void;
}) {
  const [values, setValues] = useState(supplier);
  const set = (patch: Partial<Supplier>) => setValues({ ...values, ...patch });
  const { confirmed: _, ...answer } = values;
  return (
    <form
      className={css.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(() =>
          client.exports.saveSupplier({
            organisationId,
            supplier: answer,
          }),
        ).then((saved) => {
          if (!saved) return;
          onSaved?.();
          if (last) onClose();
        });
      }}
    >
      <p className={css.muted}>
        In the file: {supplier.aliases.join(', ') || supplier.name}. What counts is the establishment printed on the
        invoice, not the brand.
      </p>
      <TextInput
        label="Name"
        data-autofocus
        required
        value={values.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Country"
        required
        maxLength={60}
        description={countryName(values.country) ?? words.countryHint}
        value={values.country}
        onChange={(event) => set({ country: event.currentTarget.value })}
      />
      <TextInput
        label="VAT number"
        description="Leave empty when the invoice shows none."
        value={values.vatNumber}
        onChange={(event) => set({ vatNumber: event.currentTarget.value })}
      />
      <Switch
        label="A UK establishment supplies us and charges UK VAT"
        checked={values.ukEstablishment}
        onChange={(event) => set({ ukEstablishment: event.currentTarget.checked })}
      />
      <Button type="submit" disabled={countryOf(values.country) === null || values.name.trim() === ''}>
        Remember {values.name || 'this supplier'}
      </Button>
    </form>
  );
}
