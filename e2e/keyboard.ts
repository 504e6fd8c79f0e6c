import type { Locator, Page } from 'playwright';

const MOST_TABS = 120;

/** A person without a mouse: every way to a control is walked with the keys that are documented. */
export function keyboardOf(page: Page) {
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

  /** Tabs until the control has the focus; throws when it cannot be reached. */
  async function reach(control: Locator): Promise<void> {
    await control.waitFor();
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      if (await control.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Not reachable with Tab: ${control}`);
  }

  return {
    press,
    reach,
    type: (text: string) => page.keyboard.type(text),
    /** A button or link, by Enter. */
    async use(control: Locator): Promise<void> {
      await reach(control);
      await page.keyboard.press('Enter');
    },
    /** Writes into a field, instead of what is there. */
    async fill(field: Locator, text: string): Promise<void> {
      await reach(field);
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
    },
    /** Chooses in a list box by its keys. */
    async choose(box: Locator, option: string): Promise<void> {
      await reach(box);
      await page.keyboard.press('ArrowDown');
      const wanted = page.getByRole('option', { name: option, exact: true });
      await wanted.waitFor();
      for (let steps = 0; steps < MOST_TABS; steps += 1) {
        if ((await wanted.getAttribute('data-combobox-selected')) === 'true') break;
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press('Enter');
    },
  };
}
