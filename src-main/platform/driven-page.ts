import type { BrowserContext, Locator, Page } from 'playwright';
import { NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import type { DrivenPage, Place } from '../ports/pages.ts';

const stepMs = 10_000;

/** {@link DrivenPage} as it is in the child; a picture is base64 there and kept by the owner. */
export type PageActions = DrivenPage;

/** Everything but the named hosts over https is refused; in practice even those are played by the sandbox. */
export async function onlyHosts(
  context: BrowserContext,
  hosts: readonly string[],
  sandboxUrl: string | undefined,
): Promise<void> {
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.protocol !== 'https:' || !hosts.includes(url.hostname)) return route.abort('blockedbyclient');
    if (sandboxUrl === undefined) return route.continue();
    const response = await route.fetch({
      url: `${sandboxUrl}/${url.hostname}${url.pathname}${url.search}`,
      maxRedirects: 0,
    });
    return route.fulfill({ response });
  });
}

/** What the port offers, over one page; pictures come back as bytes. */
export function drivenPage(page: Page, hosts: readonly string[]): PageActions {
  const at = (place: Place): Locator =>
    ('label' in place
      ? page.getByLabel(place.label, { exact: true })
      : page.getByRole(place.role, place.name === undefined ? {} : { name: place.name, exact: true })
    ).filter({ visible: true });
  return {
    async goto(url) {
      const host = URL.canParse(url) ? new URL(url).hostname : '';
      if (!hosts.includes(host)) {
        throw new NeedsAttentionError('misconfigured', `${host || 'This address'} is not a page of this system`);
      }
      const reply = await page.goto(url, { waitUntil: 'domcontentloaded', timeout: stepMs }).catch(() => null);
      if (!reply || reply.status() >= 500) throw new RetryableError('network', 'The page did not come');
      if (reply.status() === 429)
        throw new RetryableError('rate-limited', 'The site asked us to slow down', { retryAfterMs: 900_000 });
    },
    async skeleton() {
      const tree = await page.locator('main').ariaSnapshot();
      return tree
        .split('\n')
        .map((line) => /^(\s*)- ([a-z]+)(?:.*\[level=(\d)\])?/.exec(line))
        .flatMap((match) => (match === null || match[2] === 'text' ? [] : [`${match[1]}${match[2]}${match[3] ?? ''}`]))
        .join('\n');
    },
    count: (place) => at(place).count(),
    shapeOf: (place) =>
      at(place).evaluate((element) => ({
        tag: element.tagName.toLowerCase(),
        maxLength: 'maxLength' in element && Number(element.maxLength) >= 0 ? Number(element.maxLength) : null,
        editable: !element.hasAttribute('readonly') && !element.hasAttribute('disabled'),
      })),
    value: (place) => at(place).inputValue(),
    fill: (place, text) => at(place).fill(text),
    click: (place) => at(place).click(),
    appears: (place, ms) =>
      at(place)
        .waitFor({ timeout: ms })
        .then(
          () => true,
          () => false,
        ),
    async picture() {
      // Every field is covered, not the secret ones alone: what stands in them belongs to the vendor and their clients.
      const bytes = await page.screenshot({
        mask: [page.locator('input, textarea, [contenteditable]')],
        maskColor: '#4f5761',
      });
      return bytes.toString('base64');
    },
  };
}
