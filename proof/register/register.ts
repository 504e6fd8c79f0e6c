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
}

export type Register = Readonly<Record<string, Entry>>;

export const by = (...parts: readonly (readonly [file: string, test: string])[]): Entry => ({
  proofs: parts.map(([file, test]) => ({ file, test })),
  notHere: '',
});
export const partly = (notHere: string, ...parts: readonly (readonly [file: string, test: string])[]): Entry => ({
  ...by(...parts),
  notHere,
});
