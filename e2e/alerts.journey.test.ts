import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AlertView } from '../src-shared/contract/alerts.ts';
import { wedops } from './command.ts';
import {
  answer,
  findingsInEveryLook,
  type Journey,
  picture,
  seriousFindings,
  startJourney,
  visit,
} from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'alerts-failed');
});
afterAll(() => journey?.end());

const raise = (title: string, ...more: string[]) =>
  wedops<AlertView>(journey.folder, 'alert', 'raise', '--title', title, '--source', 'stripe', ...more);
const show = (reference: string) => wedops<AlertView>(journey.folder, 'alert', 'show', reference);
const detail = () => page.getByRole('complementary', { name: 'Alert detail' });
const dialog = () => page.getByRole('dialog');
const grid = () => page.getByRole('grid', { name: 'Alerts' });
const row = (text: string): Locator => grid().getByRole('row').filter({ hasText: text });

describe('an alert, from its first report to the incident report', () => {
  test('the practice console starts calm and offers an alert to try', async () => {
    await visit(page, '/alerts');
    expect(await answer(page).textContent()).toBe('Nothing is firing.');
    await page.getByRole('button', { name: 'Raise a practice alert' }).waitFor();
    await picture(page, 'alerts-empty');
  });

  test('an alert raised by command is on screen by itself, worst first, and the answer names it', async () => {
    await raise('Chat answers slowly', '--severity', 'info', '--no-wait');
    await raise('Payment webhook silent', '--severity', 'emergency', '--venue', 'Hall Farm');
    await row('Payment webhook silent').waitFor();
    expect(await grid().getByRole('row').nth(1).textContent()).toContain('Payment webhook silent');
    expect(await answer(page).textContent()).toMatch(/need you: A-1002 emergency/);
    await picture(page, 'alerts-list');
  });

  test('what was told is what the sandbox received, and no couple is named in it', async () => {
    const alert = await show('A-1002');
    expect(alert.deliveries.length).toBeGreaterThan(4);
    expect(alert.reasons[0]).toContain('Emergency');
    for (const each of alert.deliveries.filter(({ state }) => state === 'accepted')) {
      const received = await (await fetch(`${journey.sandboxUrl}/_received?system=${each.channel}`)).text();
      expect(received, each.channel).toContain('Payment webhook silent');
      for (const name of ['Isla', 'Hugo', 'Zara']) expect(received, each.channel).not.toContain(name);
    }
  });

  test('keyboard only: one key acknowledges, seen within 200 ms, once; the undo gives it back', async () => {
    await visit(page, '/exports');
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await row('Payment webhook silent').waitFor();
    // Nothing was clicked: the list took the keys when it was there.
    const visible = await page.evaluateHandle(() => {
      const taken = () =>
        [...document.querySelectorAll('[role=row]')].some(({ textContent }) =>
          /Payment webhook silent.*Ack AM/s.test(textContent ?? ''),
        );
      // In an object: a promise by itself would be waited for here.
      return {
        after: new Promise<number>((resolve) => {
          const pressed = () => {
            const from = performance.now();
            const look = () => (taken() ? resolve(performance.now() - from) : void requestAnimationFrame(look));
            look();
          };
          addEventListener('keydown', pressed, { once: true, capture: true });
        }),
      };
    });
    await page.keyboard.press('a');
    expect(await visible.evaluate(({ after }) => after)).toBeLessThan(200);
    await page.getByText('A-1002 acknowledged.').waitFor();
    expect((await show('A-1002')).timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1);
    await page.keyboard.press('Control+z');
    await row('Payment webhook silent').getByText('Firing').waitFor();
    await page.keyboard.press('a');
    await row('Payment webhook silent')
      .getByText(/^Ack AM/)
      .waitFor();
    await page.keyboard.press('u');
    await row('Payment webhook silent').getByText('Firing').waitFor();
  });

  test('keyboard only: the detail says why and who was told; recovery steps are ticked, a note is kept', async () => {
    await grid().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('r');
    await detail().getByRole('heading', { name: 'Payment webhook silent', exact: true }).waitFor();
    await detail().getByText('Emergency goes to', { exact: false }).first().waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('#recovery input'));
    await page.keyboard.press('Space');
    await detail().getByText('1 of 4 done').waitFor();
    await page.keyboard.press('n');
    await dialog().getByLabel('Note').fill('Hall Farm has a backup line');
    await page.keyboard.press('Control+Enter');
    await dialog().waitFor({ state: 'hidden' });
    await detail().getByText('Hall Farm has a backup line').waitFor();
    const seen = detail().getByRole('figure', { name: 'Seen in 24 hours' });
    await seen.getByRole('img', { name: /^1 time, in the hour from \d\d:00\./ }).focus();
    await page.keyboard.press('ArrowLeft');
    await seen.getByRole('img', { name: /^From .*\d\d:00: 1 time$/ }).waitFor();
    await seen.getByRole('button', { name: 'Show as table' }).click();
    expect(await seen.getByRole('rowheader').count()).toBe(24);
    await seen.getByRole('button', { name: 'Show as chart' }).click();
    await picture(page, 'alerts-detail');
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('an emergency sleeps until an end that is always asked for; another step is told at a key', async () => {
    await page.keyboard.press('e');
    await detail().getByText('Escalated, step 1').waitFor();
    await page.keyboard.press('s');
    await dialog()
      .getByRole('button', { name: /^Snooze until \d\d:\d\d$/ })
      .waitFor();
    await picture(page, 'alerts-snooze');
    await dialog()
      .getByRole('button', { name: /^Snooze until/ })
      .click();
    await detail()
      .getByText(/^Snoozed until/)
      .waitFor();
  });

  test('resolved with a note, its incident report is written, edited and saved as a PDF', async () => {
    await detail().getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Resolve…' }).click();
    await dialog().getByLabel('Note (optional)').fill('Provider restarted its sender');
    await dialog().getByRole('button', { name: 'Resolve A-1002' }).click();
    await detail().getByText('Resolved', { exact: true }).waitFor();
    await visit(page, '/alerts/report?ids=A-1002');
    const text = page.getByLabel('Text');
    expect(await text.inputValue()).toContain('Provider restarted its sender');
    await page.getByLabel('Title').fill('Payments silent at Hall Farm');
    await picture(page, 'alerts-report');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as PDF' }).click();
    const file = await readFile(await (await download).path());
    expect(file.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file.byteLength).toBeGreaterThan(1_500);
  });
});

describe('acknowledged elsewhere', () => {
  const press = (system: string, body: object) =>
    fetch(`${journey.sandboxUrl}/_press?system=${system}`, { method: 'POST', body: JSON.stringify(body) });
  const once = async (reference: string) =>
    (await show(reference)).timeline.flatMap(({ kind, actor, channel }) =>
      kind === 'acknowledged' ? [`${actor} by ${channel}`] : [],
    );

  test('a press in Slack is on screen with who it was; a stranger’s changes nothing and is shown', async () => {
    const { reference } = await raise('Drone feed lost', '--severity', 'emergency');
    await visit(page, `/alerts?alert=${reference}`);
    await detail().getByRole('heading', { name: 'Drone feed lost' }).waitFor();
    await press('slack', { user: 'U0STRANGE' });
    await detail()
      .getByText(/is nobody of this organisation/)
      .waitFor();
    await row('Drone feed lost').getByText('Firing').waitFor();
    await press('slack', { user: 'U0SAM', times: 2 });
    await row('Drone feed lost')
      .getByText(/^Ack SO/)
      .waitFor();
    await detail()
      .getByText(/^Acknowledged by Sam Okafor until/)
      .waitFor();
    expect(await once(reference)).toEqual(['Sam Okafor by slack']);
    await picture(page, 'alerts-from-slack');
  });

  test('an acknowledgement in PagerDuty is on screen with the name from there, and once', async () => {
    const { reference, id } = await raise('Guest list unreachable', '--severity', 'emergency');
    await press('pagerduty', { dedupKey: `wedsync:alert:${id}`, user: 'Duty coordinator' });
    await row('Guest list unreachable')
      .getByText(/^Ack DC/)
      .waitFor({ timeout: 45_000 });
    expect(await once(reference)).toEqual(['Duty coordinator by pagerduty']);
    await page.keyboard.press('Escape');
  });
});

describe('before and around alerts', () => {
  test('who would be told on a Saturday afternoon: SMS and PagerDuty for an info, and why', async () => {
    await visit(page, '/alerts/preview?severity=info');
    await page.getByRole('button', { name: 'Next Saturday 14:00' }).click();
    await page.getByText('Saturday protection: SMS and PagerDuty whatever the severity').waitFor();
    const steps = page.getByRole('region', { name: 'Who, and when' });
    await steps.getByText('PagerDuty').first().waitFor();
    await steps.getByText('SMS').first().waitFor();
    await picture(page, 'alerts-preview');
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('an alert raised by hand shows who will be told before it goes', async () => {
    await visit(page, '/alerts');
    await page.getByRole('button', { name: 'Raise an alert…' }).click();
    await dialog().getByLabel('What is wrong').fill('Gallery uploads stuck');
    await dialog().getByText('Critical', { exact: true }).first().click();
    await dialog().getByRole('region', { name: 'Who will be told' }).getByText('At once').waitFor();
    await picture(page, 'alerts-raise');
    await dialog()
      .getByRole('button', { name: /^Raise and tell \d+ places$/ })
      .click();
    await detail().getByRole('heading', { name: 'Gallery uploads stuck' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('alerts of one trouble stand together; selected ones are acknowledged with one note', async () => {
    await raise('AI gallery slow', '--severity', 'critical', '--source', 'datadog', '--no-wait');
    await raise('AI gallery tagging late', '--severity', 'critical', '--source', 'datadog', '--no-wait');
    await visit(page, '/alerts?group=off');
    await row('AI gallery slow').waitFor();
    await row('AI gallery tagging late').waitFor();
    await visit(page, '/alerts');
    await grid().getByRole('button', { name: '2 alerts in this group' }).waitFor();
    await page.getByRole('button', { name: '2 alerts in this group' }).click();
    await row('AI gallery slow').getByRole('checkbox').click();
    await row('AI gallery tagging late').last().getByRole('checkbox').click();
    await page.getByRole('toolbar', { name: 'Selected alerts' }).getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'Acknowledge 2' }).click();
    await dialog().getByLabel('Note (optional)').fill('Vendor knows');
    await dialog().getByRole('button', { name: 'Acknowledge 2 alerts' }).click();
    await page.getByText('2 alerts acknowledged.').waitFor();

    // All of the list by keyboard, also what a folded group holds, and over with one note.
    await visit(page, '/alerts?text=AI%20gallery');
    await grid().getByRole('button', { name: '2 alerts in this group' }).waitFor();
    await grid().focus();
    await page.keyboard.press('*');
    await page.keyboard.press('a');
    const bar = page.getByRole('toolbar', { name: 'Selected alerts' });
    await bar.getByText('2 selected').waitFor();
    await bar.getByRole('button', { name: 'Resolve…' }).click();
    await dialog().getByRole('textbox').fill('Provider is back');
    await dialog()
      .getByRole('button', { name: /^Resolve 2 alerts/ })
      .click();
    await grid().waitFor({ state: 'hidden' });
    await visit(page, '/alerts?tab=resolved');
    await row('AI gallery slow').waitFor();
  });

  test('a filter is kept and chosen again, also after the window was closed', async () => {
    await visit(page, '/alerts?tab=open&text=uploads');
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Keep this filter' }).click();
    await visit(page, '/alerts?tab=resolved');
    await page.reload();
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: /: uploads$/ }).click();
    await row('Gallery uploads stuck').waitFor();
    expect(await page.evaluate(() => location.hash)).toContain('text=uploads');
    await visit(page, '/alerts');
  });

  test('a silence says what it hides before it is saved, stands in the register and ends by hand', async () => {
    await visit(page, '/alerts/silences?new=Gallery%20uploads');
    await dialog().getByLabel('Hide emergencies too').check();
    await dialog().getByText('Hides 1 open now; 1 in the last 7 days.').waitFor();
    await dialog().getByLabel('Reason').fill('Planned provider work');
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'alerts-silence');
    await dialog().getByRole('button', { name: 'Silence 1 alert' }).click();
    await dialog().waitFor({ state: 'hidden' });
    const register = page.getByRole('region', { name: 'Silences' });
    await register.getByText('Planned provider work').waitFor();
    await page.getByRole('heading', { level: 1, name: '1 silence hides 1 alert now.' }).waitFor();
    await register.getByRole('button', { name: /^End the silence/ }).click();
    await page.getByRole('heading', { level: 1, name: /^Nothing is silenced/ }).waitFor();
  });

  test('a window that repeats weekly ends weeks later, and says what is missing until it can be saved', async () => {
    await visit(page, '/alerts/silences?new=Patching');
    await dialog().getByLabel('Maintenance window').check();
    const until = dialog().getByLabel('Until', { exact: true });
    const today = Date.parse(await until.inputValue());
    await dialog().getByLabel('Repeats weekly').check();
    expect(Date.parse(await until.inputValue()) - today).toBeGreaterThan(11 * 7 * 86_400_000);
    await dialog().getByLabel('Each time from').fill('2 am');
    await dialog().getByText('Write each time such as 14:00.').waitFor();
    await dialog().getByLabel('Each time from').fill('02:00');
    await dialog().getByText('Give a reason.').waitFor();
    expect(await dialog().getByRole('button', { name: 'Add the silence' }).isDisabled()).toBe(true);
    await dialog().getByLabel('Reason').fill('Weekly patching');
    expect(await findingsInEveryLook(page, 'alerts-weekly')).toEqual([]);
    await dialog().getByRole('button', { name: 'Add the silence' }).click();
    await dialog().waitFor({ state: 'hidden' });
    const register = page.getByRole('region', { name: 'Silences' });
    await register.getByText('Tue 02:00 to 04:00').waitFor();
    expect(await findingsInEveryLook(page, 'alerts-register')).toEqual([]);
    await register.getByRole('button', { name: /^End the silence/ }).click();
    await page.getByRole('heading', { level: 1, name: /^Nothing is silenced/ }).waitFor();
  });

  test('quiet hours are written from 00:00 to 23:59, whatever the language of the browser, and kept when they are a time', async () => {
    await visit(page, '/alerts/silences');
    const from = page.getByLabel('Quiet from');
    await from.waitFor();
    expect([await from.getAttribute('type'), await from.inputValue()]).toEqual([null, '22:00']);
    await from.fill('9 pm');
    await page.getByText('Like 14:00').waitFor();
    await from.fill('21:30');
    await from.press('Tab');
    await expect
      .poll(async () => {
        await page.reload();
        return from.inputValue();
      })
      .toBe('21:30');
    expect(await findingsInEveryLook(page, 'alerts-quiet', () => from.scrollIntoViewIfNeeded())).toEqual([]);
  });

  test('without notifications the worst alert rings on every other screen and is taken there', async () => {
    await visit(page, '/exports');
    const strip = page.getByRole('complementary', { name: 'Alarm' });
    await strip.getByText('Gallery uploads stuck').waitFor();
    await picture(page, 'alerts-strip');
    await strip.getByRole('button', { name: /^Acknowledge A-/ }).click();
    await strip.waitFor({ state: 'hidden' });
  });

  test('a number typed into the palette finds the alert', async () => {
    await raise('Venue network down', '--severity', 'critical', '--venue', 'Hall Farm', '--no-wait');
    await page.getByRole('complementary', { name: 'Alarm' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search or run a command…').fill('ack network');
    await page.keyboard.press('Enter');
    await page.getByText(/^A-\d+ acknowledged\.$/).waitFor();
  });

  test('at 1024 by 640, light and dark, nothing scrolls sideways and nothing is serious to the scan', async () => {
    const findings: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      page = await journey.open({ scheme, width: 1024, height: 640 });
      for (const place of [
        '/alerts',
        '/alerts?alert=A-1001',
        '/alerts/silences',
        '/alerts/preview',
        '/alerts/figures',
        '/alerts/report?ids=A-1001',
      ]) {
        await visit(page, place);
        findings.push(...(await seriousFindings(page)).map((finding) => `${scheme} ${place} ${finding}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
          findings.push(`${place} is wide`);
        const text = (await page.locator('body').textContent()) ?? '';
        for (const bad of ['undefined', 'NaN', 'Invalid Date', '[object'])
          if (text.includes(bad)) findings.push(`${place} ${bad}`);
      }
      await picture(page, `alerts-small-${scheme}`);
    }
    expect(findings).toEqual([]);
  });

  test('the page complained of nothing', () => {
    expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
  });
});
