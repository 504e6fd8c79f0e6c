import { Button } from '@mantine/core';
import { formatCount } from '../../../src-shared/format/number.ts';
import css from '../../ui/workspace.module.css';

/** Says that a list read far down no longer follows by itself, and how many rows were read. */
export function DeepNote({ rows, again }: { rows: number; again: (() => void) | null }) {
  if (again === null) return null;
  return (
    <p className={css.note}>
      <span>{formatCount(rows)} rows read. Newer changes are not shown while you are this far down.</span>
      <Button variant="default" size="compact-xs" onClick={again}>
        Back to the newest
      </Button>
    </p>
  );
}
