import { Button, CloseButton, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant, Key, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { LineForm } from './line-form.tsx';
import { documentTypes, lineStates, severities, treatmentWord, words } from './strings.ts';

type Mode = 'read' | 'fix' | 'accept' | 'exclude';
type Detail = ContractOutputs['exports']['line'];

/** Everything about one line: what is wrong, how to put it right, and why the VAT is what it is. */
export function LineDetail({
  organisationId,
  lineId,
  mode,
  onMode,
  onClose,
}: {
  organisationId: string;
  lineId: string;
  mode: Mode;
  onMode: (mode: Mode) => void;
  onClose: () => void;
}) {
  const detail = useQuery(api.exports.line.queryOptions({ input: { organisationId, lineId } }));
  const line = detail.data?.line;
  const open = line?.checks.filter(({ acknowledged }) => acknowledged === null) ?? [];
  const blocked = open.some(({ severity }) => severity === 'block');
  const editable = line?.state === 'review' || line?.state === 'ready';
  const undo = (undoId: string) => client.exports.undo({ organisationId, undoId });
  const done = (ok: boolean) => {
    if (ok) onMode('read');
  };

  return (
    <aside className={css.detail} aria-label="Line detail">
      {detail.error && <ProblemNote problem={problemOf(detail.error)} onRetry={() => void detail.refetch()} />}
      {!line && !detail.error && <Skeletons rows={10} label="Reading the line." />}
      {line && detail.data && (
        <>
          <div className={css.detailHead}>
            <div>
              <h2>{line.supplier || 'Supplier missing'}</h2>
              <p className={css.muted}>
                {[line.invoiceNumber || 'no invoice number', formatDay(line.date)].join(' · ')}
              </p>
            </div>
            <div className={css.detailAmount}>
              <Money amount={line.gross} currency={line.currency} />
              <Status {...lineStates[line.state]}>{lineStates[line.state].word}</Status>
            </div>
            <CloseButton aria-label="Close the detail" onClick={onClose} />
          </div>
          {mode === 'read' && (
            <div className={css.actions}>
              {editable && (
                <>
                  <Button
                    variant={blocked || open.length === 0 ? 'default' : 'filled'}
                    disabled={open.every(({ severity }) => severity === 'info')}
                    onClick={() => onMode('accept')}
                    rightSection={<Key>A</Key>}
                  >
                    Accept
                  </Button>
                  <Button
                    variant={blocked ? 'filled' : 'default'}
                    onClick={() => onMode('fix')}
                    rightSection={<Key>F</Key>}
                  >
                    Fix
                  </Button>
                  <Button variant="default" onClick={() => onMode('exclude')}>
                    Exclude…
                  </Button>
                </>
              )}
              {line.state === 'excluded' && (
                <Button
                  variant="default"
                  onClick={() =>
                    void attemptUndoable(
                      () => client.exports.include({ organisationId, lineIds: [line.id] }),
                      words.included,
                      undo,
                    )
                  }
                >
                  Put back
                </Button>
              )}
              {line.batchId && <a href={`#/exports/batches/${line.batchId}`}>Open its batch</a>}
            </div>
          )}
          {mode === 'accept' && (
            <Asking
              title={
                blocked
                  ? words.blocked
                  : `Confirm ${open
                      .filter(({ severity }) => severity === 'warn')
                      .map(({ id }) => id)
                      .join(', ')}`
              }
              label="Why is this right?"
              button="Accept with this note"
              refused={blocked}
              onCancel={() => onMode('read')}
              onDone={async (note) =>
                done(
                  await attemptUndoable(
                    () => client.exports.acknowledge({ organisationId, lineIds: [line.id], note }),
                    words.confirmed,
                    undo,
                  ),
                )
              }
            />
          )}
          {mode === 'exclude' && (
            <Asking
              title="Leave this line out of the export"
              label="Reason"
              button="Exclude 1 line"
              onCancel={() => onMode('read')}
              onDone={async (reason) =>
                done(
                  await attemptUndoable(
                    () => client.exports.exclude({ organisationId, lineIds: [line.id], reason }),
                    words.excluded,
                    undo,
                  ),
                )
              }
            />
          )}
          <Checks checks={line.checks} />
          {mode === 'fix' ? (
            <LineForm organisationId={organisationId} line={line} onDone={() => onMode('read')} />
          ) : (
            <LineFacts line={line} />
          )}
          <Evidence detail={detail.data} currency={line.currency} />
        </>
      )}
    </aside>
  );
}

function Asking({
  title,
  label,
  button,
  refused,
  onCancel,
  onDone,
}: {
  title: string;
  label: string;
  button: string;
  refused?: boolean;
  onCancel: () => void;
  onDone: (text: string) => Promise<void>;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      className={css.asking}
      onSubmit={(event) => {
        event.preventDefault();
        if (!refused && text.trim() !== '') void onDone(text.trim());
      }}
    >
      <p>{title}</p>
      {!refused && (
        <Textarea
          ref={field}
          label={label}
          value={text}
          autosize
          minRows={2}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onCancel();
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      )}
      <div className={css.actions}>
        {!refused && (
          <Button type="submit" disabled={text.trim() === ''}>
            {button}
          </Button>
        )}
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function Checks({ checks }: { checks: CostLine['checks'] }) {
  if (checks.length === 0) return null;
  return (
    <Section title="Checks">
      <ul className={css.checks}>
        {checks.map((check) => {
          const look = severities[check.severity];
          return (
            <li key={check.id} data-done={check.acknowledged ? true : undefined}>
              <div className={css.checkHead}>
                <Status shape={look.shape} tone={check.acknowledged ? 'muted' : look.tone}>
                  {check.acknowledged ? 'Confirmed' : look.word}
                </Status>
                <code>{check.id}</code>
              </div>
              <p>{check.message}</p>
              {check.acknowledged ? (
                <p className={css.muted}>
                  {check.acknowledged.by}, <Instant at={check.acknowledged.at} />: “{check.acknowledged.note}”
                </p>
              ) : (
                check.fix && <p className={css.muted}>To put it right: {check.fix}</p>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function LineFacts({ line }: { line: CostLine }) {
  const type = documentTypes.find(({ value }) => value === line.documentType)?.label ?? line.documentType;
  return (
    <Section title="Line">
      <Facts
        rows={[
          ['Description', line.description || '—'],
          ['Category', line.category || '—'],
          ['Document', type],
          [
            'Service period',
            line.periodStart && line.periodEnd ? `${formatDay(line.periodStart)} to ${formatDay(line.periodEnd)}` : '—',
          ],
          ['Supplier country', line.supplierCountry || '—'],
          ['VAT number', line.supplierVatNumber || '—'],
          ['Net', <Money key="net" amount={line.net} currency={line.currency} />],
          ['VAT', <Money key="vat" amount={line.vat} currency={line.currency} />],
          ['Gross', <Money key="gross" amount={line.gross} currency={line.currency} />],
          ...(line.currency === 'GBP'
            ? []
            : ([
                ['Rate to GBP', line.fxRateToGbp ?? '—'],
                ['Net in pounds', <Money key="netGbp" amount={line.netGbp} unknown="No exchange rate yet" />],
              ] as const)),
          ['VAT treatment', treatmentWord(line.treatment)],
          ['VAT in pounds', <Money key="vatGbp" amount={line.vatGbp} />],
          ['Deductible', line.deductible ? 'Yes' : 'No'],
          ...(line.excludedReason ? ([['Excluded because', line.excludedReason]] as const) : []),
        ]}
      />
    </Section>
  );
}

function Evidence({ detail, currency }: { detail: Detail; currency: string }) {
  return (
    <>
      {detail.derivation.length > 0 && (
        <Section title="Why this treatment">
          <ol className={css.derivation}>
            {detail.derivation.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </Section>
      )}
      {detail.breakdown.length > 0 && (
        <Section title={`Exact sums before rounding · ${words.rows(detail.line.sourceRows)}`}>
          <PlainTable
            label="Exact sums by service"
            head={[{ text: 'Service' }, { text: 'Rows', right: true }, { text: 'Amount', right: true }]}
          >
            {detail.breakdown.map((part) => (
              <tr key={part.label}>
                <td>{part.label}</td>
                <td data-right>{formatCount(part.rows)}</td>
                <td data-right>
                  <Money amount={part.amount} currency={currency} />
                </td>
              </tr>
            ))}
          </PlainTable>
        </Section>
      )}
      {detail.source && (
        <p className={css.muted}>
          From {detail.source.fileName}, rows {formatCount(detail.source.firstRow)} to{' '}
          {formatCount(detail.source.lastRow)}.
        </p>
      )}
      {detail.history.length > 0 && (
        <Section title="History">
          <ol className={css.history}>
            {detail.history.map((entry) => (
              <li key={`${entry.at} ${entry.what}`}>
                <p>
                  <strong>{entry.what}</strong>
                  {(entry.before !== '' || entry.after !== '') && (
                    <>
                      {' '}
                      {entry.before || '—'} → {entry.after || '—'}
                    </>
                  )}
                </p>
                <p className={css.muted}>
                  {entry.who}, <Instant at={entry.at} />
                  {entry.why && `: ${entry.why}`}
                </p>
              </li>
            ))}
          </ol>
        </Section>
      )}
    </>
  );
}
