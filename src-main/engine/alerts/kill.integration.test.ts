import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { openConsole } from '../../hosts/cli/console.ts';
import { testRandom } from '../../testing/runtime.ts';
import { wedopsProgram } from '../../testing/wedops-program.ts';

const organisationId = 'bluebell';
/** Every provider takes this long, so that a kill meets messages in the air. */
const ANSWER_MS = 100;
/** What a killed process had in the air is tried again after 0.04 s to 5 s instead of 5 s to 10 min. */
const SPEED = 120;
const random = testRandom(20261121);
/** Milliseconds from the commit to the kill: at once, while the messages are in the air, and while they are answered. */
const moments = [0, 0, ...Array.from({ length: 4 }, () => Math.floor(random.next() * 2.2 * ANSWER_MS))];

let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-kill-alert-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a command that goes on running; resolves with the one line it prints when it is ready. */
async function started<T>(...words: string[]): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, [wedopsProgram, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`wedops ${words[0]} ended with ${String(code)} before it was ready`);
    }),
  ])) as [string];
  return { child, ready: JSON.parse(line) as T };
}

/** Resolves as soon as the alert is committed, seen beside the back of the agent. */
async function committed(title: string): Promise<void> {
  const db = new Database(join(folder, 'data', 'console.db'), { readonly: true });
  try {
    const found = db.prepare('SELECT 1 FROM alert WHERE title = ?').pluck();
    const deadline = performance.now() + 10_000;
    while (found.get(title) === undefined) {
      if (performance.now() > deadline) throw new Error(`${title} was never committed`);
      await wait(1);
    }
  } finally {
    db.close();
  }
}

const alertPath: Readonly<Record<Channel, RegExp>> = {
  slack: /chat\.postMessage/,
  email: /./,
  sms: /Messages\.json/,
  pagerduty: /enqueue/,
  webhook: /./,
};
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0);
const channels = Object.keys(alertPath) as Channel[];

test('killed between the commit of an alert and its sending: every channel is told, at most once more, never lost', async () => {
  const { ready: sandbox } = await started<{ url: string }>('sandbox', '--data', join(folder, 'vendor'));
  const agent = () =>
    started(
      ...['agent', '--practice', '--practice-speed', String(SPEED), '--sandbox', sandbox.url],
      ...['--empty', '--data', join(folder, 'data')],
    );
  const console = () => openConsole({ dataFolder: join(folder, 'data'), empty: false });
  /** How often each channel was asked to tell of this alert. */
  async function told(title: string): Promise<Record<string, number>> {
    const counts = channels.map(async (channel) => {
      const reply = await fetch(`${sandbox.url}/_received?system=${channel}`);
      const received = (await reply.json()) as readonly { path: string; body: unknown }[];
      const about = received.filter(
        ({ path, body }) => alertPath[channel].test(path) && JSON.stringify(body)?.includes(title),
      );
      return [channel, about.length] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }

  let { child } = await agent();
  for (const system of channels) {
    const body = JSON.stringify({ system, delayMs: ANSWER_MS, times: 0 });
    expect((await fetch(`${sandbox.url}/_misbehave`, { method: 'POST', body })).status).toBe(204);
  }

  const before: number[] = [];
  const again: number[] = [];
  for (const [index, moment] of moments.entries()) {
    const title = `Killed at moment ${index}.`;
    const { client } = await console();
    // An emergency goes to all five channels on any day of the week.
    const answer = client.alerts
      .raise({ organisationId, severity: 'emergency', title, detail: '', venues: [], key: title, source: 'kill' })
      .catch(() => null);
    await committed(title);
    await wait(moment);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    await answer;
    before.push(sum(await told(title)));
    ({ child } = await agent());
    const { client: next } = await console();
    const { rows } = await next.alerts.list({ organisationId, filter: 'open' });
    const found = rows.filter((row) => row.title === title);
    expect(found).toHaveLength(1);
    const deliveries = async () => (await next.alerts.get({ organisationId, alertId: found[0]?.id ?? '' })).deliveries;
    await expect
      .poll(async () => (await deliveries()).filter(({ state }) => state !== 'accepted' && state !== 'arrived'), {
        timeout: 20_000,
        interval: 100,
      })
      .toEqual([]);
    const counts = await told(title);
    for (const channel of channels) {
      const routed = (await deliveries()).filter((each) => each.channel === channel).length;
      expect(routed, `${title} ${channel}`).toBeGreaterThan(0);
      expect(counts[channel], `${title} ${channel}`).toBeGreaterThanOrEqual(routed);
      expect(counts[channel], `${title} ${channel}`).toBeLessThanOrEqual(2 * routed);
    }
    again.push(sum(counts) - (await deliveries()).length);
  }
  // Some kills came before anything had left, some while messages were in the air and so were told once more.
  expect(before).toContain(0);
  expect(before.some((count) => count > 0)).toBe(true);
  expect(again.some((count) => count > 0)).toBe(true);
}, 90_000);
