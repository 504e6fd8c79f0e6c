import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { csvText } from '../../../src-shared/format/csv.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { copyText } from '../../ui/copy.ts';
import { PlainTable } from '../../ui/screen.tsx';
import css from './insight.module.css';

/** One column of a figure's table: how a person reads a cell, and how a spreadsheet gets it. */
export interface Column<Row> {
  readonly title: string;
  readonly right?: boolean;
  readonly shown: (row: Row) => ReactNode;
  readonly plain: (row: Row) => string;
}

/** A chart with its finding, the same numbers as a table, and that table for a spreadsheet. Paper gets both. */
export function Figure<Row>({
  title,
  finding,
  note,
  rows,
  columns,
  chart,
}: {
  title: string;
  finding: string;
  note?: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** Absent: the numbers say it better. */
  chart?: ReactNode;
}) {
  const [copied, setCopied] = useState(false);
  const table = (
    <PlainTable label={title} head={columns.map(({ title: text, right }) => ({ text, ...(right ? { right } : {}) }))}>
      {rows.map((row) => (
        <tr key={columns[0]?.plain(row)}>
          {columns.map((column, index) =>
            index === 0 ? (
              <th key={column.title} scope="row">
                {column.shown(row)}
              </th>
            ) : (
              <td key={column.title} data-right={column.right || undefined}>
                {column.shown(row)}
              </td>
            ),
          )}
        </tr>
      ))}
    </PlainTable>
  );
  const copy = async () => {
    await copyText(
      csvText(
        columns.map((column) => column.title),
        rows.map((row) => columns.map((column) => column.plain(row))),
      ),
    );
    setCopied(true);
  };
  const foot = (
    <div className={css.foot}>
      {note && <span>{note}</span>}
      <Button variant="subtle" size="compact-xs" aria-label={`Copy ${title} as CSV`} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy as CSV'}
      </Button>
    </div>
  );
  return (
    <ChartFrame
      title={title}
      finding={finding}
      chart={
        chart ? (
          <>
            {chart}
            {foot}
            <div className={css.onPaper}>{table}</div>
          </>
        ) : null
      }
      table={
        <>
          {table}
          {foot}
        </>
      }
    />
  );
}
