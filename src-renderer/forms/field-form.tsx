import { NumberInput, PasswordInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { CallName } from '../../src-shared/contract/who-may.ts';
import type { FieldSpec } from '../../src-shared/fields/fields-of.ts';
import { ActButton, ActFields } from '../features/people/role-controls.tsx';
import { hasHelp, isHelpAddress, openHelp } from '../ui/help.tsx';
import css from './field-form.module.css';
import { Usual } from './usual.tsx';

type Value = FieldSpec['initial'];

export interface FieldValues {
  readonly settings: Record<string, Value>;
  /** Only what was typed; an untouched secret stays as it is. */
  readonly secrets: Record<string, string>;
}

/** Draws any field list. It knows no system by name: labels, help, controls and what is secret come from the schema. */
export function FieldForm({
  fields,
  settings,
  secretsPresent,
  submit,
  call,
  onSubmit,
}: {
  fields: readonly FieldSpec[];
  settings: Readonly<Record<string, Value>>;
  secretsPresent: readonly string[];
  submit: string;
  /** What the form asks of the engine. */
  call: CallName;
  onSubmit: (values: FieldValues) => Promise<unknown>;
}) {
  const [changed, setChanged] = useState<Record<string, Value>>({});
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const readValue = ({ name, initial }: FieldSpec): Value =>
    // What was emptied or reset to nothing is nothing, whatever is stored.
    Object.hasOwn(changed, name) ? (changed[name] ?? null) : (settings[name] ?? initial);
  const missing = fields.filter(
    (field) =>
      field.required &&
      (field.secret
        ? !secretsPresent.includes(field.name) && !secrets[field.name]
        : readValue(field) === null || readValue(field) === ''),
  );

  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        const all = Object.fromEntries(
          fields.filter(({ secret }) => !secret).map((field) => [field.name, readValue(field)]),
        );
        void onSubmit({ settings: all, secrets }).finally(() => {
          setBusy(false);
          setSecrets({});
        });
      }}
    >
      <ActFields call={call}>
        {fields.map((field) => (
          <Control
            key={field.name}
            field={field}
            value={field.secret ? (secrets[field.name] ?? '') : readValue(field)}
            present={secretsPresent.includes(field.name)}
            onChange={(value) =>
              field.secret
                ? setSecrets({ ...secrets, [field.name]: String(value) })
                : setChanged({ ...changed, [field.name]: value })
            }
          />
        ))}
      </ActFields>
      <ActButton call={call} type="submit" loading={busy} disabled={missing.length > 0}>
        {submit}
      </ActButton>
    </form>
  );
}

function Control({
  field,
  value,
  present,
  onChange,
}: {
  field: FieldSpec;
  value: Value;
  present: boolean;
  onChange: (value: Value) => void;
}) {
  // A help text may name a page of the handbook instead; that is an address, not a sentence to read here.
  const address = field.help !== null && isHelpAddress(field.help) ? field.help : null;
  const shared = {
    label: field.label,
    description:
      [address === null ? field.help : null, field.protected ? 'Changing this forgets the stored secrets.' : null]
        .filter(Boolean)
        .join(' ') || undefined,
    required: field.required,
  };
  return (
    <div className={css.field}>
      <Input field={field} shared={shared} value={value} present={present} onChange={onChange} />
      {!field.secret && !field.required && (
        <Usual label={field.label} value={value} usual={field.initial} onReset={() => onChange(field.initial)} />
      )}
      {address !== null && hasHelp(address) && (
        <button
          type="button"
          className={css.help}
          aria-label={`Help: ${field.label}`}
          onClick={() => openHelp(address)}
        >
          ?
        </button>
      )}
    </div>
  );
}

function Input({
  field,
  shared,
  value,
  present,
  onChange,
}: {
  field: FieldSpec;
  shared: { label: string; description: string | undefined; required: boolean };
  value: Value;
  present: boolean;
  onChange: (value: Value) => void;
}) {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  switch (field.control) {
    case 'password':
      return (
        <PasswordInput
          {...shared}
          required={field.required && !present}
          autoComplete="off"
          placeholder={present ? 'Present. Type to replace it.' : ''}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'switch':
      return (
        <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case 'number':
      return (
        <NumberInput {...shared} value={text} onChange={(next) => onChange(typeof next === 'number' ? next : null)} />
      );
    case 'select':
      return <Select {...shared} data={field.options ?? []} value={text || null} onChange={onChange} />;
    case 'multiline':
      return (
        <Textarea
          {...shared}
          autosize
          minRows={2}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'url':
    case 'text':
      return (
        <TextInput
          {...shared}
          type={field.control === 'url' ? 'url' : 'text'}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
