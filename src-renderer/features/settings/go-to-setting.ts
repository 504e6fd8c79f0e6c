import { go } from '../../state/address.ts';
import type { Setting } from './settings-list.ts';

/** A screen that has not shown the setting by then does not have it now; the keyboard stays at its beginning. */
const GIVE_UP_MS = 5_000;
const FIELDS = 'input, textarea, select, button, a[href], [tabindex]';

/** Opens the screen a setting is on and gives it the keyboard as soon as it is there. */
export function goToSetting({ path, label }: Pick<Setting, 'path' | 'label'>): void {
  go(path);
  const screen = document.getElementById('screen');
  if (screen === null) return;
  const look = () => {
    // The screen before is still there until the address has been read.
    const found = window.location.hash === `#${path}` ? settingIn(screen, label) : null;
    if (found === null) return false;
    found.scrollIntoView({ block: 'center' });
    found.focus({ preventScroll: true });
    return true;
  };
  const changes = new MutationObserver(() => {
    if (look()) stop();
  });
  const timer = setTimeout(() => {
    stop();
    screen.focus();
  }, GIVE_UP_MS);
  const stop = () => {
    changes.disconnect();
    clearTimeout(timer);
  };
  changes.observe(screen, { subtree: true, childList: true });
  // A frame later the router has drawn the address, if it was another one.
  requestAnimationFrame(() => {
    if (look()) stop();
  });
}

/** The field or button of that name, else the first one of the part of the screen that has it, else its heading. */
function settingIn(screen: HTMLElement, label: string): HTMLElement | null {
  const all = <T extends HTMLElement>(selector: string) => [...screen.querySelectorAll<T>(selector)];
  const says = (one: Element) => one.textContent?.trim() === label;
  const field = all<HTMLLabelElement>('label').find((one) => firstWords(one) === label)?.control;
  if (field) return reachable(field);
  const part = all('[aria-label]').find((one) => one.getAttribute('aria-label') === label);
  if (part?.matches('[role=radiogroup], [role=tabpanel], section'))
    return (
      part.querySelector<HTMLElement>('input:checked') ??
      part.querySelector<HTMLElement>('input:enabled, button:enabled') ??
      reachable(part)
    );
  const named = part ?? all('button, a').find(says) ?? all('h2').find(says);
  return named ? reachable(named) : null;
}

/** The first words of a label; after them come the star of a required field and the sentence under a switch. */
const firstWords = (one: Element) =>
  document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode()?.textContent?.trim();

/** The element, or, where it takes no keyboard (a heading, a field of somebody who may only read), what stands for it. */
function reachable(one: HTMLElement): HTMLElement {
  const place = one.matches(':disabled') ? (one.closest<HTMLElement>('div:has(label)') ?? one) : one;
  if (!place.matches(FIELDS)) place.tabIndex = -1;
  return place;
}
