/** The parts of the frame in their order: header, navigation, screen, panels, status bar; the headings of a screen are none. */
const REGIONS = ':is(header, nav, footer):not(main *), main, aside';
/** What takes the keyboard in a region: its list first, then what is chosen, then whatever comes first. */
const STARTS = ['[role=grid]', '[aria-current]', 'a[href], button:not([disabled]), input, [tabindex="0"]'];

/** Puts the keyboard into the next region (`by` 1) or the one before (-1), around the end. */
export function goToRegion(by: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>(REGIONS)].filter((one) => one.getClientRects().length > 0);
  const here = regions.findLastIndex((one) => one.contains(document.activeElement));
  const next = regions.at(here === -1 && by === 1 ? 0 : (here + by) % regions.length);
  const start = STARTS.map((wanted) => next?.querySelector<HTMLElement>(wanted)).find(Boolean);
  start?.focus();
}
