import { Button, Modal, Radio, Select, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChosenHandle } from '../../../src-shared/contract/host-bridge.ts';
import type { Mapping } from '../../../src-shared/contract/imports.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import shared from '../../ui/workspace.module.css';
import { ActButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { type AnsweredOrder, answeredMapping, dateOrders, missingColumns, orderQuestion } from './import-answers.ts';

type Preview = ContractOutputs['imports']['preview'];

const formats: Record<Preview['format'], string> = {
  focus: 'FOCUS cost export',
  csv: 'CSV file',
  ics: 'Calendar',
  json: 'JSON file',
  hmrc: 'HMRC exchange rates',
  api: 'Fetched from the vendor',
};

/** What a file of another kind than costs is for. */
const kinds: Partial<Record<Preview['kind'], string>> = {
  weddings: 'Weddings for the calendar',
  usage: 'AI usage for the value figures',
};

/** Our fields of a plain CSV in words; the others are offered by their own name. */
const labels: Partial<Record<string, string>> = {
  date: 'Date',
  supplier: 'Supplier',
  supplier_country: 'Supplier country',
  supplier_vat_no: 'VAT number',
  invoice_number: 'Invoice number',
  description: 'Description',
  category: 'Category',
  currency: 'Currency',
  net: 'Net',
  vat: 'VAT',
  gross: 'Gross',
};
const usual = Object.keys(labels);

const asItIs = { shape: 'disc', tone: 'ok' } as const;
const notYet = { shape: 'diamond', tone: 'warning' } as const;

const choiceWords: Record<AnsweredOrder, string> = {
  dmy: 'Day first: 03/04/2026 is 3 April',
  mdy: 'Month first: 03/04/2026 is 4 March',
};

const orderWords = [
  { value: 'iso', label: 'As the file shows' },
  ...dateOrders.map((value) => ({ value, label: choiceWords[value] })),
];

/** What the file is and what is in it, and the questions it leaves open; only then can it be imported. */
export function ImportPreview({
  organisationId,
  file,
  onClose,
  onStarted,
}: {
  organisationId: string;
  file: ChosenHandle;
  onClose: () => void;
  onStarted: (importId: string) => void;
}) {
  const preview = useQuery(
    api.imports.preview.queryOptions({
      input: { organisationId, file: file.handle },
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
  );
  return (
    <Modal opened onClose={onClose} title={`Import ${file.name}`} size={860}>
      {preview.error ? (
        <ProblemNote problem={problemOf(preview.error)} />
      ) : preview.data ? (
        <Chosen
          organisationId={organisationId}
          handle={file.handle}
          preview={preview.data}
          onClose={onClose}
          onStarted={onStarted}
        />
      ) : (
        <Skeletons rows={6} label={`Reading ${file.name}.`} />
      )}
    </Modal>
  );
}

function Chosen({
  organisationId,
  handle,
  preview,
  onClose,
  onStarted,
}: {
  organisationId: string;
  handle: string;
  preview: Preview;
  onClose: () => void;
  onStarted: (importId: string) => void;
}) {
  const [mapping, setMapping] = useState<Mapping | null>(preview.mapping);
  const [order, setOrder] = useState<AnsweredOrder | null>(null);
  const [starting, setStarting] = useState(false);
  const missing = missingColumns(preview, mapping);
  const plain = preview.kind === 'costs' && preview.format === 'csv';
  const columns = mapping?.columns;
  const changed = plain && columns !== undefined && columns !== preview.mapping?.columns;
  // Which dates there are depends on the columns.
  const again = useQuery({
    ...api.imports.preview.queryOptions({
      input: { organisationId, file: handle, ...(changed ? { columns } : {}) },
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
    enabled: changed,
    placeholderData: keepPreviousData,
  });
  const question = orderQuestion((changed && again.data) || preview);
  const isAsking = changed && again.isFetching;

  const start = async () => {
    setStarting(true);
    const used = answeredMapping(preview, mapping, question ? order : null);
    const started = await attempt(() =>
      client.imports.start({
        organisationId,
        file: handle,
        kind: preview.kind,
        format: preview.format,
        ...(used ? { mapping: used, mappingName: used.name } : {}),
      }),
    );
    setStarting(false);
    if (started) onStarted(started.importId);
  };

  if (preview.problem) {
    return (
      <div className={css.stack}>
        <ProblemNote
          problem={{ happened: 'This file cannot be imported.', means: preview.problem, doing: 'Nothing was stored.' }}
        />
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    );
  }
  return (
    <form
      className={css.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <p className={css.recognised}>
        <Status {...(missing.length > 0 ? notYet : asItIs)}>{kinds[preview.kind] ?? formats[preview.format]}</Status>
        <span className={css.muted}>
          {formatBytes(preview.bytes)} · {preview.headers.length} columns
        </span>
      </p>
      {question && (
        <Radio.Group
          label={question.question}
          value={order ?? ''}
          onChange={(value) => setOrder(dateOrders.find((one) => one === value) ?? null)}
        >
          <div className={css.choices}>
            {dateOrders.map((one) => (
              <Radio key={one} value={one} size="xs" label={choiceWords[one]} />
            ))}
          </div>
        </Radio.Group>
      )}
      <Section title="First rows">
        {preview.firstRows.length === 0 ? (
          <Empty title="This file has a header and no rows." />
        ) : (
          <div className={css.firstRows}>
            <PlainTable label="First rows of the file" head={preview.headers.map((text) => ({ text }))}>
              {preview.firstRows.map((cells, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no other identity
                <tr key={row}>
                  {cells.map((cell, column) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: cells of a file have no other identity
                    <td key={column}>{cell}</td>
                  ))}
                </tr>
              ))}
            </PlainTable>
          </div>
        )}
      </Section>
      {missing.length > 0 && (
        <p>
          No column is known as {missing.map((field) => labels[field] ?? field).join(', ')}. Say below which it is.
          Where the first row is no header, correct the file: its first row must name the columns.
        </p>
      )}
      {plain && (
        <MappingForm
          headers={preview.headers}
          mapping={mapping}
          fileName={preview.fileName}
          isOrderAsked={question !== undefined}
          onChange={setMapping}
        />
      )}
      <div className={shared.dialogFoot}>
        <ActButton
          call="imports.start"
          type="submit"
          data-autofocus
          disabled={(question && order === null) || missing.length > 0 || isAsking}
          loading={starting}
        >
          Import this file
        </ActButton>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        {question && order === null ? (
          <span className={css.muted}>Answer the question above first.</span>
        ) : (
          missing.length > 0 && <span className={css.muted}>Say which column is which first.</span>
        )}
      </div>
    </form>
  );
}

function MappingForm({
  headers,
  mapping,
  fileName,
  isOrderAsked,
  onChange,
}: {
  headers: readonly string[];
  mapping: Mapping | null;
  fileName: string;
  isOrderAsked: boolean;
  onChange: (mapping: Mapping) => void;
}) {
  const now: Mapping = mapping ?? { name: fileName, columns: {}, dateOrder: 'iso', decimal: '.' };
  const fields = [...new Set([...usual, ...Object.keys(now.columns)])];
  const columnOf = (field: string, header: string | null): Record<string, string> => {
    const { [field]: _, ...others } = now.columns;
    return header === null ? others : { ...others, [field]: header };
  };
  return (
    <Section title="Which column is which">
      <div className={css.form}>
        {fields.map((field) => (
          <Select
            key={field}
            label={labels[field] ?? field.replaceAll('_', ' ')}
            clearable
            placeholder="Not in this file"
            data={[...new Set(headers)].filter(Boolean)}
            value={now.columns[field] ?? null}
            onChange={(header) => onChange({ ...now, columns: columnOf(field, header) })}
          />
        ))}
        {!isOrderAsked && (
          <Select
            label="Numbers in dates"
            data={orderWords}
            value={now.dateOrder}
            onChange={(value) => onChange({ ...now, dateOrder: dateOrders.find((one) => one === value) ?? 'iso' })}
          />
        )}
        <TextInput
          label="Remember these columns as"
          value={now.name}
          onChange={(event) => onChange({ ...now, name: event.currentTarget.value })}
        />
      </div>
    </Section>
  );
}
