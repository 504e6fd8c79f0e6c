import type { Line } from '../page/results.ts';

/** A test that exists elsewhere: file and a part of its title. */
export interface Proof {
  readonly file: string;
  readonly test: string;
}

/** What proves one line, and what of it is not proven here. */
export interface Entry {
  readonly proofs: readonly Proof[];
  /** What this machine or this version cannot show, and what would. Empty: the whole line is proven. */
  readonly notHere: string;
  /** Of a line the suite runs shorter than it is written: what the environment asks for in a whole run, as numbers. */
  readonly whole?: Readonly<Record<string, number>>;
}

export type Register = Readonly<Record<string, Entry>>;
type Part = readonly [file: string, test: string];

export const by = (...parts: readonly Part[]): Entry => ({
  proofs: parts.map(([file, test]) => ({ file, test })),
  notHere: '',
});
export const partly = (notHere: string, ...parts: readonly Part[]): Entry => ({ ...by(...parts), notHere });

/** Proven where it ran as long as the line says, as `--whole` makes it; `shorter`: how it runs otherwise. */
export const shortened = (
  whole: Readonly<Record<string, number>>,
  shorter: string,
  ...parts: readonly Part[]
): Entry => ({ ...by(...parts), notHere: shorter, whole });

/** What of the line is not shown by a run in this environment. */
export function missing({ notHere, whole }: Entry, environment: NodeJS.ProcessEnv): string {
  const asked = Object.entries(whole ?? {});
  return asked.length > 0 && asked.every(([name, least]) => Number(environment[name] ?? 0) >= least) ? '' : notHere;
}

/** What a whole run has proven, with its time, when this shorter one has passed; else what this one says. */
export function afterWhole(line: Line, { whole }: Entry, earlier: Line | undefined): Line {
  return whole && line.state === 'partly' && earlier?.state === 'proven' ? earlier : line;
}
