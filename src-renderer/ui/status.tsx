import type { ReactNode } from 'react';
import css from './status.module.css';

/** Drawn shapes; each is told apart without colour. */
const shapes = {
  octagon: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" stroke="none" />,
  square: <rect x="2" y="2" width="12" height="12" rx="1.5" fill="currentColor" stroke="none" />,
  triangle: <path d="M8 1.6 15.2 14H.8z" fill="currentColor" stroke="none" />,
  octagonAlarm: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" stroke="none" />
      <path d="M6 4.4v4M10 4.4v4M6 11.3v.2M10 11.3v.2" stroke="var(--background)" />
    </>
  ),
  triangleAlarm: (
    <>
      <path d="M8 1.2 15.4 14.4H.6z" fill="currentColor" stroke="none" />
      <path d="M8 5.8v3.8M8 12v.2" stroke="var(--background)" />
    </>
  ),
  diamond: <path d="M8 1.5 14.5 8 8 14.5 1.5 8zM8 5v4M8 10.6v.6" />,
  info: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7v4M8 4.6v.6" />,
  tick: <path d="M2.5 8.5l3.5 3.5 7.5-8" />,
  doubleTick: <path d="M1 8.5l3 3 6-7M7 11l.8.8 7-7.8" />,
  disc: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" />
      <path d="M4.8 8.2l2.3 2.3 4.2-4.6" stroke="var(--background)" />
    </>
  ),
  circle: <circle cx="8" cy="8" r="5.5" />,
  half: (
    <path
      d="M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 2.5v11M8 3v10a5 5 0 0 0 0-10z"
      fill="currentColor"
      fillOpacity=".9"
    />
  ),
  question: <path d="M2 2h12v12H2zM6 6.2c0-2.6 4-2.6 4 0C10 7.6 8 7.6 8 9.2M8 11.4v.6" />,
  pause: <path d="M5.5 3v10M10.5 3v10" strokeWidth="2.6" />,
  crossSquare: <path d="M2 2h12v12H2zM5.5 5.5l5 5M10.5 5.5l-5 5" />,
  dash: <path d="M3 8h10" />,
  dashed: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 2" />,
  plug: <path d="M5.5 1.5v4M10.5 1.5v4M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5v2.5" />,
  lock: <path d="M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5" />,
  pencil: <path d="M3 13l.7-3L11 2.7l2.3 2.3L6 12.3z" />,
  clock: <path d="M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.6V8l2.4 1.6" />,
  arrowUp: <path d="M8 13.5V3M3.8 7 8 2.8 12.2 7" />,
  tickRing: <path d="M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM5.2 8.2l2 2 3.6-4" />,
  ring: <path d="M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 5.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z" />,
  bellOff: <path d="M4.5 11V7.2a3.5 3.5 0 0 1 7 0V11M3 11h10M7 13.4h2M2 2l12 12" />,
  zigzag: <path d="M1 10l3-5 3 6 3-6 2 4 3-4" />,
  stack: <path d="M2.5 5h11M2.5 8h11M2.5 11h11" />,
  arrow: <path d="M3 8h9M8.5 4.5 12 8l-3.5 3.5" />,
} as const;

export type ShapeName = keyof typeof shapes;
export type Tone = 'emergency' | 'critical' | 'warning' | 'info' | 'ok' | 'doubt' | 'neutral' | 'muted' | 'focus';

/** A shape alone: hidden from screen readers where its word stands beside it, read out as `says` where it does not. */
export function Shape({
  name,
  tone = 'neutral',
  size = 14,
  says,
}: {
  name: ShapeName;
  tone?: Tone;
  size?: number;
  says?: string;
}) {
  return (
    <svg
      className={css.shape}
      data-tone={tone}
      data-shape={name}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      role={says === undefined ? undefined : 'img'}
      aria-label={says}
      aria-hidden={says === undefined || undefined}
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}

/** Shape, word and colour: the only way a state is shown (never colour alone). */
export function Status({ shape, tone, children }: { shape: ShapeName; tone: Tone; children: ReactNode }) {
  return (
    <span className={css.status} data-tone={tone}>
      <Shape name={shape} tone={tone} />
      <span>{children}</span>
    </span>
  );
}
