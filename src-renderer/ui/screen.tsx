import type { ReactNode } from 'react';
import css from './screen.module.css';
import { Shape, type ShapeName, type Tone } from './status.tsx';

/** The sentence every screen begins with, and its one primary action. Until it has been read it claims nothing. */
export function AnswerLine({
  of,
  shape,
  tone,
  children,
  action,
}: {
  /** What the sentence is read from. */
  of?: { readonly data: unknown; readonly error: unknown } | undefined;
  shape: ShapeName;
  tone: Tone;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const unread = of !== undefined && of.data === undefined;
  const failed = unread && Boolean(of.error);
  return (
    <header className={css.answer}>
      <Shape
        name={failed ? 'triangle' : unread ? 'dashed' : shape}
        tone={failed ? 'critical' : unread ? 'muted' : tone}
        size={18}
      />
      <div className={css.sentence} role="status">
        <h1>{failed ? 'This could not be read.' : children}</h1>
      </div>
      {action && <div className={css.answerAction}>{action}</div>}
    </header>
  );
}

/** A titled block inside a screen or a detail panel. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.section} aria-label={title}>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A calm table for few rows; long lists use the grid. */
export function PlainTable({
  label,
  head,
  children,
}: {
  label: string;
  head: readonly { text: string; right?: boolean }[];
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44)
    <section className={css.tableFrame} aria-label={label} tabIndex={0}>
      <table className={css.table}>
        <thead>
          <tr>
            {head.map(({ text, right }) => (
              <th key={text} scope="col" data-right={right || undefined}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** Grey bars in the shape of what is coming; only where nothing is cached. */
export function Skeletons({ rows, label }: { rows: number; label: string }) {
  return (
    <div className={css.skeletons} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <span key={row} />
      ))}
    </div>
  );
}
