import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { splitLineAmounts } from '../../../src-shared/domain/cost/shares.ts';
import { fromMinor, toMinor } from '../../../src-shared/domain/money/index.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { Section } from '../../ui/screen.tsx';
import { RoleButton } from '../people/operator.tsx';
import css from './notes.module.css';
import { hints } from './strings.ts';

interface Part {
  readonly id: number;
  readonly weight: number;
  readonly category: string;
  readonly treatmentHint: string;
}

const partOf = ({ category, treatmentHint }: CostLine, id: number): Part => ({
  id,
  weight: 1,
  category,
  treatmentHint,
});

/** `£60.01 and £12.00 VAT` a part; null while the amounts of the line are no whole pence. */
function amountsOf({ net, vat, currency }: CostLine, parts: readonly Part[]): string[] | null {
  const show = (minor: number) => formatMoney(fromMinor(minor, currency), currency);
  try {
    const weights = parts.map(({ weight }) => weight);
    return splitLineAmounts(toMinor(net, currency), toMinor(vat, currency), weights).map(
      (one) => `${show(one.net)} and ${show(one.vat)} VAT`,
    );
  } catch {
    return null;
  }
}

/** Lines of their own instead of one: each with its category, to the penny; they leave as lines of one document. */
export function SplitLine({
  organisationId,
  line,
  why,
}: {
  organisationId: string;
  line: CostLine;
  why: string | null;
}) {
  const [parts, setParts] = useState<readonly Part[] | null>(null);
  const open = line.state === 'review' || line.state === 'ready';
  const change = (id: number, to: Partial<Part>) =>
    setParts((before) => before?.map((part) => (part.id === id ? { ...part, ...to } : part)) ?? null);
  const split = async () => {
    if (!parts) return;
    const done = await attemptUndoable(
      () =>
        client.desk.split({
          ...{ organisationId, lineId: line.id, version: line.version },
          parts: parts.map(({ id: _id, ...part }) => part),
        }),
      () => `Split into ${formatCounted(parts.length, 'line', 'lines')}.`,
      (undoId) => client.exports.undo({ organisationId, undoId }),
    );
    if (done) setParts(null);
  };
  const amounts = parts && amountsOf(line, parts);
  const started = () => [1, 2].map((id) => partOf(line, id));
  return (
    <Section
      title="Split"
      aside={
        !parts && (
          <RoleButton
            why={why ?? (open ? null : 'Only a line under review or ready is split.')}
            variant="default"
            size="compact-xs"
            onClick={() => setParts(started())}
          >
            Split into lines…
          </RoleButton>
        )
      }
    >
      {parts ? (
        <form
          className={css.shareForm}
          aria-label="Split the line"
          onSubmit={(event) => {
            event.preventDefault();
            void split();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && !event.defaultPrevented) setParts(null);
          }}
        >
          {parts.map((part, index) => (
            <div key={part.id} className={css.splitPart}>
              <TextInput
                label={`Category of part ${index + 1}`}
                value={part.category}
                autoFocus={index === 0}
                onChange={(event) => change(part.id, { category: event.currentTarget.value })}
              />
              <Select
                aria-label={`VAT treatment of part ${index + 1}`}
                data={[...hints]}
                value={part.treatmentHint}
                onChange={(hint) => change(part.id, { treatmentHint: hint ?? '' })}
              />
              <NumberInput
                aria-label={`Weight of part ${index + 1}`}
                w={76}
                min={1}
                allowDecimal={false}
                value={part.weight}
                onChange={(weight) => change(part.id, { weight: Math.max(1, Number(weight) || 1) })}
              />
              <Button
                variant="subtle"
                size="compact-xs"
                disabled={parts.length === 2}
                aria-label={`Take part ${index + 1} out`}
                onClick={() => setParts(parts.filter(({ id }) => id !== part.id))}
              >
                Take out
              </Button>
              {amounts && <output className={css.splitAmount}>{amounts[index]}</output>}
            </div>
          ))}
          <div className={css.shareButtons}>
            <Button type="submit">Split into {formatCounted(parts.length, 'line', 'lines')}</Button>
            <Button
              variant="default"
              onClick={() => setParts([...parts, partOf(line, Math.max(...parts.map(({ id }) => id)) + 1)])}
            >
              One more
            </Button>
            <Button variant="default" onClick={() => setParts(null)}>
              Cancel
            </Button>
          </div>
        </form>
      ) : (
        <p className={css.quiet}>One line in the ledger. Split, each part has its own category and account.</p>
      )}
    </Section>
  );
}
