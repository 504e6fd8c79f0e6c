/** `files`: of `out/`; one that is missing is not up to date. */
export function isUpToDate(...files: readonly string[]): boolean;
