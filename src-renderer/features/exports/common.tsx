import type { BatchView, CostLine } from '../../../src-shared/contract/exports.ts';
import { Shape, Status } from '../../ui/status.tsx';
import css from './exports.module.css';
import { batchStates, lineStates, severities, words } from './strings.ts';

type Check = CostLine['checks'][number];

/** The check that stands for the line in the list: what blocks first, then what still needs a person. */
export function leadingCheck(checks: readonly Check[]): Check | undefined {
  const open = checks.filter(({ acknowledged }) => acknowledged === null);
  return open.find(({ severity }) => severity === 'block') ?? open.find(({ severity }) => severity === 'warn');
}

/** One reason for a row; a line without one shows its state. As few elements as a list of any length can bear. */
export function Reason({ line }: { line: CostLine }) {
  const check = leadingCheck(line.checks);
  if (check && (line.state === 'review' || line.state === 'ready')) {
    const { shape, tone, word } = severities[check.severity];
    return (
      <>
        <Shape name={shape} tone={tone} size={12} says={word} />
        {line.reason ?? check.message}
      </>
    );
  }
  const { shape, tone, word } = lineStates[line.state];
  return (
    <>
      <Shape name={shape} tone={tone} size={12} />
      {line.state === 'excluded' ? (line.excludedReason ?? word) : (line.reason ?? word)}
    </>
  );
}

export function BatchStatus({ state }: { state: BatchView['state'] }) {
  const { shape, tone, word } = batchStates[state];
  return (
    <Status shape={shape} tone={tone}>
      {word}
    </Status>
  );
}

/** How far the journey is: 0 Import, 1 Review, 2 Approve, 3 Post, 4 Verify, 5 all done. */
export function stepOf(state: BatchView['state'] | null, hasLines: boolean): number {
  switch (state) {
    case null:
      return hasLines ? 1 : 0;
    case 'draft':
    case 'checked':
    case 'blocked':
      return 2;
    case 'approved':
    case 'sending':
    case 'in_doubt':
    case 'partly_posted':
      return 3;
    case 'posted':
      return 4;
    case 'verified':
    case 'closed':
    case 'reversed':
      return 5;
  }
}

/** Import, Review, Approve, Post, Verify: where this work stands, in words and shapes. */
export function Steps({ current }: { current: number }) {
  return (
    <ol className={css.steps} aria-label="Steps">
      {words.steps.map((word, index) => (
        <li
          key={word}
          aria-current={index === current ? 'step' : undefined}
          data-state={index < current ? 'done' : index === current ? 'now' : 'later'}
        >
          <span className={css.stepMark} aria-hidden="true">
            {index < current ? '✓' : index + 1}
          </span>
          {word}
          {index < current && <span className="visually-hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}
