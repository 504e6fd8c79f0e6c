/** Rows beyond the screen whose page is read as well, so that scrolling meets rows and not their places. */
const AHEAD = 100;

/** First and last page (from 0) to have at hand while the rows `first` to `last` of `total` are on screen. */
export function pagesAround(first: number, last: number, total: number, size: number) {
  return {
    from: Math.max(0, Math.floor((first - AHEAD) / size)),
    to: Math.floor(Math.max(first, Math.min(last + AHEAD, total - 1)) / size),
  };
}
