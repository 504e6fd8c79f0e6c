/**
 * What keeps a row of a plain CSV from coming in twice. The number in front keeps the rows of a file beside one another in the
 * index: by the hash alone, each of a million lines would change a page of its own.
 */
export const plainKey = (number: string, digest: string, occurrence: number) =>
  `${keysOf(number)}${digest}:${occurrence}`;

/** What the keys of all rows with this invoice number begin with. */
export const keysOf = (number: string) => `row:${number.slice(0, longestNumber)}:`;
const longestNumber = 40;
