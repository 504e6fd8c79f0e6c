import { Button, NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { type CostLine, LinePatch } from '../../../src-shared/contract/exports.ts';
import { countryOf } from '../../../src-shared/domain/cost/country.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { useSession } from '../../state/session.ts';
import { Section } from '../../ui/screen.tsx';
import css from './exports.module.css';
import { changedFields, fields, type LineValues } from './line-changes.ts';
import { offerRule } from './rule-hint.tsx';
import { documentTypes, hints, words } from './strings.ts';

/** Corrects a line. Only what was changed is sent, so that two people can mend different fields of it. */
export function LineForm({
  organisationId,
  line,
  onDone,
}: {
  organisationId: string;
  line: CostLine;
  onDone: () => void;
}) {
  const [why, setWhy] = useState('');
  const [saving, setSaving] = useState(false);
  const [counted, setCounted] = useState(false);
  const doTask = useSession((session) => session.doTask);
  const form = useForm({
    mode: 'controlled',
    initialValues: Object.fromEntries(fields.map((field) => [field, line[field]])) as LineValues,
  });

  const save = async () => {
    const changed = changedFields(line, form.values, counted);
    const parsed = LinePatch.safeParse(changed);
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        form.setFieldError(String(issue.path[0]), 'This is not a value this field takes.');
      return;
    }
    if (Object.keys(changed).length === 0) {
      onDone();
      return;
    }
    setSaving(true);
    const ok = await attemptUndoable(
      () =>
        client.exports.edit({
          organisationId,
          lines: [{ id: line.id, version: line.version }],
          patch: parsed.data,
          why: why.trim(),
        }),
      words.edited,
      (undoId) => client.exports.undo({ organisationId, undoId }),
    );
    setSaving(false);
    if (!ok) return;
    doTask('fix');
    if (parsed.data.category)
      offerRule({ supplier: form.values.supplier, contains: '', category: parsed.data.category });
    onDone();
  };

  const country = form.values.supplierCountry;
  return (
    <Section title="Fix this line">
      <form
        className={css.form}
        aria-label="Fix this line"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onDone();
          if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void save();
          }
        }}
      >
        <TextInput label="Supplier" autoFocus {...form.getInputProps('supplier')} />
        <TextInput
          label="Country"
          maxLength={60}
          description={countryName(country) ?? words.countryHint}
          {...form.getInputProps('supplierCountry')}
        />
        <TextInput label="VAT number" {...form.getInputProps('supplierVatNumber')} />
        <TextInput label="Invoice number" {...form.getInputProps('invoiceNumber')} />
        <DateInput label="Date" valueFormat="DD MMM YYYY" {...form.getInputProps('date')} />
        <Select label="Document" data={[...documentTypes]} {...form.getInputProps('documentType')} />
        <DateInput label="Service from" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('periodStart')} />
        <DateInput label="Service to" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('periodEnd')} />
        <TextInput className={css.wide} label="Description" {...form.getInputProps('description')} />
        <TextInput label="Category" {...form.getInputProps('category')} />
        <Select label="VAT treatment" data={[...hints]} {...form.getInputProps('treatmentHint')} />
        <TextInput label={`Net (${line.currency})`} inputMode="decimal" {...form.getInputProps('net')} />
        <TextInput label={`VAT (${line.currency})`} inputMode="decimal" {...form.getInputProps('vat')} />
        <TextInput label={`Gross (${line.currency})`} inputMode="decimal" {...form.getInputProps('gross')} />
        <TextInput label="Currency" maxLength={3} {...form.getInputProps('currency')} />
        {line.currency !== 'GBP' && (
          <>
            <TextInput
              label="Rate: GBP for one"
              inputMode="decimal"
              {...form.getInputProps('fxRateToGbp')}
              value={form.values.fxRateToGbp ?? ''}
            />
            <TextInput
              label="VAT in pounds, as printed"
              inputMode="decimal"
              {...form.getInputProps('printedVatGbp')}
              value={form.values.printedVatGbp ?? ''}
            />
          </>
        )}
        <DateInput
          label="Tax point, as printed"
          clearable
          valueFormat="DD MMM YYYY"
          {...form.getInputProps('taxPoint')}
        />
        <DateInput label="Due" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('dueOn')} />
        <DateInput label="Paid" clearable valueFormat="DD MMM YYYY" {...form.getInputProps('paidOn')} />
        {form.values.documentType === 'credit_note' && (
          <TextInput
            label="Credits invoice"
            {...form.getInputProps('originalInvoice')}
            value={form.values.originalInvoice ?? ''}
          />
        )}
        <NumberInput
          label="Lines on the document"
          min={1}
          max={100_000}
          allowDecimal={false}
          {...form.getInputProps('documentLines')}
        />
        <Switch
          className={css.wide}
          label="I counted them on the invoice: it has that many lines"
          checked={counted}
          onChange={(event) => setCounted(event.currentTarget.checked)}
        />
        <Switch
          className={css.wide}
          label="VAT on this line may be reclaimed"
          {...form.getInputProps('deductible', { type: 'checkbox' })}
        />
        <Textarea
          className={css.wide}
          label="Why (kept in the history)"
          autosize
          minRows={1}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <div className={css.formActions}>
          <Button type="submit" loading={saving}>
            Save the line
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </div>
      </form>
    </Section>
  );
}

const regions = new Intl.DisplayNames('en-GB', { type: 'region', fallback: 'none' });

/** `Ireland` for what means it; XI is Northern Ireland to the VAT office. Null: it names no country. */
export function countryName(text: string): string | null {
  const code = countryOf(text);
  if (code === null) return null;
  return code === 'XI' ? 'Northern Ireland' : (regions.of(code) ?? code);
}
