import { Button } from '@mantine/core';
import { copyText } from './copy.ts';
import css from './problem.module.css';
import { Shape } from './status.tsx';

interface ProblemParts {
  readonly code?: string;
  readonly happened: string;
  readonly means?: string | undefined;
  readonly doing?: string | undefined;
  readonly remedy?: string | undefined;
  readonly reference?: string | undefined;
}

/** What happened, what it means, what the console is doing, what you can do: in that order, in place. */
export function ProblemNote({ problem, onRetry }: { problem: ProblemParts; onRetry?: () => void }) {
  const details = Object.entries(problem)
    .map(([part, text]) => `${part}: ${text}`)
    .join('\n');
  return (
    <div className={css.problem} role="alert">
      <Shape name="triangle" tone="critical" size={16} />
      <div className={css.parts}>
        <p className={css.happened}>{problem.happened}</p>
        {problem.means && <p>{problem.means}</p>}
        {problem.doing && <p>{problem.doing}</p>}
        {problem.remedy && <p className={css.remedy}>{problem.remedy}</p>}
        {problem.reference && <p>Reference {problem.reference}</p>}
        <div className={css.actions}>
          {onRetry && (
            <Button variant="default" size="compact-xs" onClick={onRetry}>
              Try again
            </Button>
          )}
          <Button variant="subtle" size="compact-xs" onClick={() => void copyText(details)}>
            Copy details
          </Button>
        </div>
      </div>
    </div>
  );
}

/** Nothing here yet: what will be, why it is empty, one next step. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
}) {
  return (
    <div className={css.empty}>
      <p className={css.emptyTitle}>{title}</p>
      {children && <div className={css.emptyText}>{children}</div>}
      {action}
    </div>
  );
}
