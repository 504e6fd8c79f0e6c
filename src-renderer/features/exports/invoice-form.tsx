import { Autocomplete, Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { create } from 'zustand';
import { HandLine } from '../../../src-shared/contract/desk.ts';
import type { ChosenHandle } from '../../../src-shared/contract/host-bridge.ts';
import { countryOf } from '../../../src-shared/domain/cost/country.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { chooseFile } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { countryName } from './line-form.tsx';
import { documentTypes, words } from './strings.ts';

const useInvoiceForm = create<{ open: boolean }>(() => ({ open: false }));

/** Opens the form for an invoice that comes in no file. */
export const openInvoiceForm = () => useInvoiceForm.setState({ open: true });

const blank = {
  supplier: '',
  supplierCountry: 'GB',
  supplierVatNumber: '',
  invoiceNumber: '',
  documentType: 'invoice' as HandLine['documentType'],
  date: null as string | null,
  periodStart: null as string | null,
  periodEnd: null as string | null,
  description: '',
  category: '',
  currency: 'GBP',
  net: '',
  vat: '',
};
type Values = typeof blank;

const hints: Partial<Record<keyof Values, string>> = {
  supplier: 'Who issued it?',
  supplierCountry: words.countryHint,
  invoiceNumber: 'The number on the document',
  date: 'The date on the document',
  description: 'What was it for?',
  currency: 'Three letters, e.g. GBP',
  net: 'Like 1234.50',
  vat: 'Like 246.90, or 0',
};
const isAmount = (text: string) => /^-?\d+(\.\d+)?$/.test(text);
/** As people type it, `1,234.50`, into decimal text. */
const amountOf = (text: string) => text.replaceAll(/[\s,£$€]/g, '');

/** An invoice typed in from paper or a PDF: the document goes beside the line, both or nothing. */
export function InvoiceForm() {
  const { open } = useInvoiceForm();
  return open ? <Form onClose={() => useInvoiceForm.setState({ open: false })} /> : null;
}

function Form({ onClose }: { onClose: () => void }) {
  const organisationId = useOrganisationId();
  const why = useWhyNot('desk.add');
  const suppliers = useQuery(api.exports.suppliers.queryOptions({ input: { organisationId } }));
  const [file, setFile] = useState<ChosenHandle | null>(null);
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm<Values>({ mode: 'controlled', initialValues: blank });
  const { values } = form;
  const [net, vat] = [amountOf(values.net), amountOf(values.vat)];
  const gross = isAmount(net) && isAmount(vat) ? decimal(net).plus(decimal(vat)).toString() : null;

  const onSupplier = (name: string) => {
    const known = suppliers.data?.find((supplier) => supplier.name.toLowerCase() === name.trim().toLowerCase());
    form.setValues({
      supplier: name,
      ...(known ? { supplierCountry: known.country, supplierVatNumber: known.vatNumber } : {}),
    });
  };
  const save = async (another: boolean) => {
    const parsed = HandLine.safeParse({
      ...values,
      supplierCountry: countryOf(values.supplierCountry) ?? values.supplierCountry,
      currency: values.currency.toUpperCase(),
      net,
      vat,
    });
    if (!parsed.success) {
      const wrong = [...new Set(parsed.error.issues.map(({ path }) => String(path[0]) as keyof Values))];
      form.setErrors(
        Object.fromEntries(wrong.map((field) => [field, hints[field] ?? 'This is not a value this field takes.'])),
      );
      document.querySelector<HTMLElement>(`[data-path="${wrong[0]}"]`)?.focus();
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const { lineId } = await client.desk.add({ organisationId, invoice: parsed.data, file: file?.handle ?? null });
      if (another) {
        form.setValues({ ...blank, currency: values.currency, category: values.category });
        form.clearErrors();
        document.querySelector<HTMLElement>('[data-path="supplier"]')?.focus();
      } else {
        onClose();
        go(`/exports?tab=all&line=${lineId}`);
      }
      setFile(null);
    } catch (error) {
      setProblem(problemOf(error));
      // A handle is good once; the file has to be chosen again.
      setFile(null);
    }
    setBusy(false);
  };

  return (
    <Modal opened onClose={onClose} title="Type in an invoice" size="xl">
      <form
        className={css.form}
        aria-label="Type in an invoice"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void save(false);
          }
        }}
      >
        {problem && (
          <div className={css.wide}>
            <ProblemNote problem={problem} />
          </div>
        )}
        <Autocomplete
          size="xs"
          label="Supplier"
          data-autofocus
          description="As printed on the document"
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={values.supplier === '' ? [] : [...new Set(suppliers.data?.map(({ name }) => name) ?? [])]}
          limit={6}
          {...form.getInputProps('supplier')}
          onChange={onSupplier}
        />
        <TextInput
          label="Country"
          maxLength={60}
          description={countryName(values.supplierCountry) ?? words.countryHint}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          {...form.getInputProps('supplierCountry')}
        />
        <TextInput label="Invoice number" {...form.getInputProps('invoiceNumber')} />
        <TextInput label="VAT number of the supplier" {...form.getInputProps('supplierVatNumber')} />
        <DateInput label="Date" valueFormat="DD MMM YYYY" {...form.getInputProps('date')} />
        <Select label="Document" data={[...documentTypes]} {...form.getInputProps('documentType')} />
        <DateInput label="Service from" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('periodStart')} />
        <DateInput label="Service to" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('periodEnd')} />
        <Textarea
          size="xs"
          className={css.wide}
          label="Description"
          autosize
          minRows={1}
          {...form.getInputProps('description')}
        />
        <TextInput label="Category" description="Empty: by the rules" {...form.getInputProps('category')} />
        <TextInput label="Currency" description="As invoiced" maxLength={3} {...form.getInputProps('currency')} />
        <TextInput label="Net" inputMode="decimal" {...form.getInputProps('net')} />
        <TextInput label="VAT" inputMode="decimal" {...form.getInputProps('vat')} />
        <p className={css.wide} role="status">
          Gross <strong>{gross === null ? '—' : formatMoney(gross, values.currency.toUpperCase() || 'GBP')}</strong>{' '}
          <span className={css.muted}>the sum of net and VAT; compare it with the document.</span>
        </p>
        <div className={`${css.wide} ${css.actions}`}>
          <Button
            variant="default"
            onClick={() => void attempt(() => chooseFile('evidence')).then((chosen) => chosen && setFile(chosen))}
          >
            {file ? 'Choose another document…' : 'Add the document…'}
          </Button>
          <span className={css.muted}>
            {file
              ? `${file.name}, ${formatBytes(file.bytes)}`
              : 'PDF, PNG or JPEG up to 10 MB; it goes to the ledger with the bill.'}
          </span>
        </div>
        <div className={css.formActions}>
          <RoleButton why={why} type="submit" loading={busy}>
            Save the invoice
          </RoleButton>
          <RoleButton why={why} variant="default" disabled={busy} onClick={() => void save(true)}>
            Save and type another
          </RoleButton>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}
