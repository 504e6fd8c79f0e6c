import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import css from './chart.module.css';

/** Title, one-sentence finding, the picture, and the same numbers as a table at one press (U53). */
export function ChartFrame({
  title,
  finding,
  chart,
  table,
}: {
  title: string;
  finding: string;
  chart: ReactNode;
  table: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className={css.frame} aria-label={title}>
      <figcaption className={css.caption}>
        <div>
          <h2>{title}</h2>
          <p>{finding}</p>
        </div>
        <Button variant="default" size="compact-xs" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
      {asTable ? table : chart}
    </figure>
  );
}
