import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import {
  type HandInKind,
  handInFigures,
  handInKinds,
  handInLabels,
  handInProblem,
} from '../../../src-shared/domain/kpi/hand-in.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import css from './kpis.module.css';

/** A figure no table holds, typed in with where it comes from; the same one again replaces it. */
export function HandInDialog({
  organisationId,
  month,
  onClose,
}: {
  organisationId: string;
  month: string;
  onClose: (entered: boolean) => void;
}) {
  const [kind, setKind] = useState<HandInKind>('satisfaction');
  const [value, setValue] = useState('');
  const [answers, setAnswers] = useState('');
  const [source, setSource] = useState('');
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const wrong = handInProblem(kind, value.trim(), answers.trim());
  const ofAnswers = wrong?.startsWith('Answers') === true;

  const enter = async () => {
    setTried(true);
    if (wrong !== null || source.trim() === '') return;
    setBusy(true);
    setProblem(null);
    try {
      for (const figure of handInFigures(kind, month, value.trim(), answers.trim()))
        await client.kpis.handIn({ organisationId, ...figure, source: source.trim() });
      onClose(true);
      return;
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };

  return (
    <Modal opened onClose={() => onClose(false)} title={`Enter a figure for ${formatPeriod(month)}`}>
      <form
        className={css.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <NativeSelect
          label="Figure"
          data-autofocus
          value={kind}
          onChange={(event) => setKind(handInKinds.find((one) => one === event.currentTarget.value) ?? kind)}
          data={handInKinds.map((one) => ({ value: one, label: handInLabels[one].title }))}
        />
        <TextInput
          label={handInLabels[kind].value}
          inputMode="decimal"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          error={tried && wrong !== null && !ofAnswers ? wrong : null}
        />
        {kind === 'satisfaction' && (
          <TextInput
            label="Answers"
            description="How many people answered: months are weighed by it."
            inputMode="numeric"
            value={answers}
            onChange={(event) => setAnswers(event.currentTarget.value)}
            error={tried && ofAnswers ? wrong : null}
          />
        )}
        <TextInput
          label="Where it comes from"
          description="Kept in the audit. No names of clients."
          maxLength={200}
          value={source}
          onChange={(event) => setSource(event.currentTarget.value)}
          error={tried && source.trim() === '' ? 'Say where the figure comes from' : null}
        />
        <Button type="submit" loading={busy}>
          Enter the figure
        </Button>
      </form>
    </Modal>
  );
}
