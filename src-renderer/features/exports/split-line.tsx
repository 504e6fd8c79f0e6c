import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { splitLineAmounts } from '../../../src-shared/domain/cost/shares.ts';
import { fromMinor, toMinor } from '../../../src-shared/domain/money/index.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt, attemptUndoable } from '../../data/act.tsx';
import { type ContractOutputs, client } from '../../data/client.ts';
import { Section } from '../../ui/screen.tsx';
import { RoleButton } from '../people/role-controls.tsx';
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

const amountText = ({ net, vat, currency }: Pick<CostLine, 'net' | 'vat' | 'currency'>) =>
  `${formatMoney(net, currency)} and ${formatMoney(vat, currency)} VAT`;

/** `£60.01 and £12.00 VAT` a part and of all together; null while the amounts of the line are no whole pence. */
function amountsOf({ net, vat, currency }: CostLine, parts: readonly Part[]) {
  const text = (of: { net: number; vat: number }) =>
    amountText({ net: fromMinor(of.net, currency), vat: fromMinor(of.vat, currency), currency });
  try {
    const weights = parts.map(({ weight }) => weight);
    const amounts = splitLineAmounts(toMinor(net, currency), toMinor(vat, currency), weights);
    const together = amounts.reduce((sum, one) => ({ net: sum.net + one.net, vat: sum.vat + one.vat }));
    return { each: amounts.map(text), together: text(together) };
  } catch {
    return null;
  }
}

/** Lines of their own instead of one: each with its category, to the penny; they leave as lines of one document. */
export function SplitLine({
  organisationId,
  line,
  split,
  why,
}: {
  organisationId: string;
  line: CostLine;
  split: ContractOutputs['exports']['line']['split'];
  why: string | null;
}) {
  const [asking, setAsking] = useState(false);
  const open = line.state === 'review' || line.state === 'ready';
  if (split) return <SplitAlready organisationId={organisationId} line={line} split={split} why={why} />;
  return (
    <Section
      title="Split"
      aside={
        !asking && (
          <RoleButton
            why={why ?? (open ? null : 'Only a line under review or ready is split.')}
            variant="default"
            size="compact-xs"
            onClick={() => setAsking(true)}
          >
            Split into lines…
          </RoleButton>
        )
      }
    >
      {asking ? (
        <SplitForm organisationId={organisationId} line={line} onClose={() => setAsking(false)} />
      ) : (
        <p className={css.quiet}>One line in the ledger. Split, each part has its own category and account.</p>
      )}
    </Section>
  );
}

/** What became of a line that was split, or which one this is a part of. */
function SplitAlready({
  organisationId,
  line,
  split: { undoId, whole, parts },
  why,
}: {
  organisationId: string;
  line: CostLine;
  split: NonNullable<ContractOutputs['exports']['line']['split']>;
  why: string | null;
}) {
  const isWhole = line.id === whole.id;
  return (
    <Section
      title="Split"
      aside={
        isWhole && (
          <RoleButton
            why={why}
            variant="default"
            size="compact-xs"
            onClick={() => void attempt(() => client.exports.undo({ organisationId, undoId }))}
          >
            Take together again
          </RoleButton>
        )
      }
    >
      <p className={css.quiet}>
        {isWhole
          ? `Its ${formatCounted(parts.length, 'part', 'parts')} stand for it:`
          : `One of ${parts.length} parts of a line of ${amountText(whole)}.`}
      </p>
      <ul className={css.documents}>
        {(isWhole ? parts : [whole]).map((other) => (
          <li key={other.id}>
            <a href={`#/exports?tab=all&line=${other.id}`}>{isWhole ? other.category : 'The whole line'}</a>
            <small>{amountText(other)}</small>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function SplitForm({ organisationId, line, onClose }: { organisationId: string; line: CostLine; onClose: () => void }) {
  const [parts, setParts] = useState<readonly Part[]>(() => [1, 2].map((id) => partOf(line, id)));
  const form = useRef<HTMLFormElement>(null);
  // The focus alone would bring only its first field into view.
  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const change = (id: number, to: Partial<Part>) =>
    setParts((before) => before.map((part) => (part.id === id ? { ...part, ...to } : part)));
  const save = async () => {
    const done = await attemptUndoable(
      () =>
        client.desk.split({
          ...{ organisationId, lineId: line.id, version: line.version },
          parts: parts.map(({ id: _id, ...part }) => part),
        }),
      () => `Split into ${formatCounted(parts.length, 'line', 'lines')}.`,
      (undoId) => client.exports.undo({ organisationId, undoId }),
    );
    if (done) onClose();
  };
  const amounts = amountsOf(line, parts);
  return (
    <form
      ref={form}
      className={css.shareForm}
      aria-label="Split the line"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      {parts.map((part, index) => (
        <fieldset key={part.id} className={css.splitPart}>
          <legend>
            Part {index + 1}
            {amounts && <output>{amounts.each[index]}</output>}
          </legend>
          <TextInput
            label="Category"
            aria-label={`Category of part ${index + 1}`}
            value={part.category}
            autoFocus={index === 0}
            onChange={(event) => change(part.id, { category: event.currentTarget.value })}
          />
          <Select
            label="VAT treatment"
            aria-label={`VAT treatment of part ${index + 1}`}
            data={[...hints]}
            value={part.treatmentHint}
            onChange={(hint) => change(part.id, { treatmentHint: hint ?? '' })}
          />
          <NumberInput
            label="Weight"
            aria-label={`Weight of part ${index + 1}`}
            w={84}
            min={1}
            allowDecimal={false}
            value={part.weight}
            onChange={(weight) => change(part.id, { weight: Math.max(1, Number(weight) || 1) })}
          />
          {parts.length > 2 && (
            <Button
              variant="subtle"
              size="compact-xs"
              aria-label={`Take part ${index + 1} out`}
              onClick={() => setParts(parts.filter(({ id }) => id !== part.id))}
            >
              Take out
            </Button>
          )}
        </fieldset>
      ))}
      <p className={css.quiet}>
        {amounts
          ? `Together ${amounts.together}, to the penny. Weights of 2 and 1 give two thirds and one third; nets in pence do as well.`
          : `The line has more decimals than ${line.currency}: correct its amounts first.`}
      </p>
      <div className={css.shareButtons}>
        <Button type="submit" disabled={amounts === null}>
          Split into {formatCounted(parts.length, 'line', 'lines')}
        </Button>
        <Button
          variant="default"
          onClick={() => setParts([...parts, partOf(line, Math.max(...parts.map(({ id }) => id)) + 1)])}
        >
          One more
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
