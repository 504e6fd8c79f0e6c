import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { verifyDatabase } from '../../src-main/store/backup.ts';
import { openStore } from '../../src-main/store/open.ts';
import { testRandom, testRuntime } from '../../src-main/testing/runtime.ts';
import { emergency, endAll, lived, organisationId, peek, received, startAgent, wedops } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { can, fill, place, readOnlyView, removeAll, smallDisk, unmount } from '../rig/places.ts';
import { sendEvent } from '../rig/webhook.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

const rates = (folder: string, currency: string) => {
  const file = join(folder, `${currency}.csv`);
  writeFileSync(
    file,
    `Country/Territories,Currency,Currency Code,Currency Units per £1,Start date,End date\nSomewhere,Coin,${currency},1.25,01/09/2026,30/09/2026\n`,
  );
  return file;
};
describe('the disk', () => {
  test.skipIf(!can.mount)(
    'FT-16 full: webhooks are asked to come back, an alert still gets through on the reserve, and room brings everything back without a restart',
    async () => {
      const folder = place('full');
      smallDisk(join(folder, 'disk'), 512);
      const data = join(folder, 'disk', 'data');
      const agent = await startAgent(data);
      const client = await agent.client();
      expect(await sendEvent(agent.ready.webhookUrl, 'room-before')).toBe(202);
      await expect.poll(() => existsSync(join(data, 'reserve')), { timeout: 10_000 }).toBe(true);

      const filled = fill(join(folder, 'disk'));
      // Whatever arrives until the console notices is either stored or not acknowledged.
      const during = await sendEvent(agent.ready.webhookUrl, 'room-during');
      await expect
        .poll(async () => (await client.app.status({})).storage.state, { timeout: 15_000, interval: 200 })
        .toBe('little');
      expect(await sendEvent(agent.ready.webhookUrl, 'room-full')).toBe(503);
      const refusal = await wedops(data, ['import', 'rates', rates(folder, 'USD')]);
      expect(refusal.exit).toBe(1);
      expect(JSON.stringify(refusal.value)).toContain('too little room');
      const { id } = await client.alerts.raise(emergency('Raised on a full disk'));
      await expect
        .poll(async () => (await client.alerts.get({ organisationId, alertId: id })).toldMs, { timeout: 20_000 })
        .not.toBeNull();
      expect(JSON.stringify(await received(agent.ready.sandboxUrl, 'pagerduty'))).toContain('Raised on a full disk');

      filled.free();
      await expect
        .poll(async () => (await client.app.status({})).storage.state, { timeout: 15_000, interval: 200 })
        .not.toBe('little');
      expect(await sendEvent(agent.ready.webhookUrl, 'room-again')).toBe(202);
      await expect.poll(() => existsSync(join(data, 'reserve')), { timeout: 15_000 }).toBe(true);
      expect(await agent.stop()).toBe(0);
      const acknowledged = ['room-before', 'room-again', ...(during === 202 ? ['room-during'] : [])];
      expect(broken({ data, acknowledged })).toEqual([]);
    },
    120_000,
  );

  test.skipIf(!can.strace)(
    'FT-17 failing to sync: the work that was hit is not acknowledged, three failures in a minute end writing, and the next start has every fact',
    async () => {
      const folder = place('eio');
      const data = join(folder, 'data');
      await (await startAgent(data)).stop();
      const trace = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync'];
      const agent = await startAgent(data, ['--practice', '--empty'], {
        front: [...trace, '-e', 'inject=fsync:error=EIO:when=40+2'],
      });
      const client = await agent.client();
      const acknowledged: string[] = [];
      // The failures strike whatever is written just then: an event, which is then refused, or the console's own work.
      for (let index = 0; index < 90; index += 1) {
        const id = `eio-${String(index).padStart(4, '0')}`;
        const status = await sendEvent(agent.ready.webhookUrl, id);
        expect([202, 503]).toContain(status);
        if (status === 202) acknowledged.push(id);
        if ((await client.app.status({})).storage.state === 'read-only') break;
      }
      expect(acknowledged.length).toBeGreaterThan(3);
      expect((await client.app.status({})).storage).toMatchObject({
        state: 'read-only',
        message: expect.stringContaining('disk failed'),
      });
      await expect(client.alerts.raise(emergency('written to a bad disk'))).rejects.toThrow();
      expect(await sendEvent(agent.ready.webhookUrl, 'eio-after')).toBe(503);
      await agent.kill();

      const next = await startAgent(data);
      expect((await (await next.client()).app.status({})).storage.state).not.toBe('read-only');
      expect(await next.stop()).toBe(0);
      expect(broken({ data, acknowledged })).toEqual([]);
    },
    180_000,
  );

  test.skipIf(!can.mount)(
    'FT-26 of the backup full or gone: said loudly, and the earlier backup stays whole',
    async () => {
      const { data, folder } = await lived('backup');
      const target = join(folder, 'target');
      smallDisk(target, 8);
      const first = join(target, 'first.db');
      expect(await wedops(data, ['backup', '--out', first])).toMatchObject({ exit: 0 });
      const { size } = statSync(first);
      fill(target);
      const second = join(target, 'second.db');
      const full = await wedops(data, ['backup', '--out', second]);
      expect(full.exit).not.toBe(0);
      expect(JSON.stringify(full.value)).toMatch(/ENOSPC|no space|full/i);
      expect(existsSync(second)).toBe(false);
      expect(statSync(first).size).toBe(size);
      copyFileSync(first, join(folder, 'first.db'));
      expect(() => verifyDatabase(join(folder, 'first.db'))).not.toThrow();
      unmount(target);
      rmSync(target, { recursive: true });
      expect((await wedops(data, ['backup', '--out', join(target, 'third.db')])).exit).not.toBe(0);
      expect(broken({ data })).toEqual([]);
    },
    120_000,
  );
});

describe('the database file', () => {
  test('FT-18 a damaged page: in a hundred random places it is reported, nothing is shown or changed, and a backup can be restored', async () => {
    const { data, folder } = await lived('damage');
    const backup = join(folder, 'backup.db');
    expect((await wedops(data, ['backup', '--out', backup])).exit).toBe(0);
    const db = new Database(join(data, 'console.db'));
    db.pragma('wal_checkpoint(TRUNCATE)');
    const used = unusedPages(db);
    db.close();
    const whole = readFileSync(join(data, 'console.db'));
    const random = testRandom(20261122);
    let hits = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const copy = join(folder, 'copy');
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      const bytes = Buffer.from(whole);
      const at = Math.floor(random.next() * (bytes.length - 4_096));
      for (let index = 0; index < 4_096; index += 1) bytes[at + index] = Math.floor(random.next() * 256);
      const pages = [Math.floor(at / 4_096) + 1, Math.floor((at + 4_095) / 4_096) + 1];
      writeFileSync(join(copy, 'console.db'), bytes);
      const opened = await openStore({ folder: copy, runtime: testRuntime() }).then(
        async (store) => {
          await store.close();
          return true;
        },
        (thrown: unknown) => String((thrown as { code?: string }).code),
      );
      if (pages.every((page) => used.has(page))) continue;
      hits += 1;
      expect(opened, `seed ${seed}, ${at}`).toMatch(/^(DAMAGED|SQLITE_CORRUPT|SQLITE_NOTADB|SCHEMA)/);
      expect(readFileSync(join(copy, 'console.db')).equals(bytes), `seed ${seed} changed the file`).toBe(true);
    }
    expect(hits).toBeGreaterThan(80);

    const bytes = Buffer.from(whole);
    bytes.fill(0xa5, 4_096 * 3, 4_096 * 6);
    writeFileSync(join(data, 'console.db'), bytes);
    const refused = await wedops(data, ['audit', 'verify']);
    expect(refused).toMatchObject({ exit: 3 });
    expect(JSON.stringify(refused.value)).toContain('damaged');
    const restored = await wedops(data, ['restore', backup]);
    expect(restored).toMatchObject({ exit: 0, value: { ok: true } });
    const aside = readdirSync(join(data, 'backups')).find((name) => name.endsWith('.db'));
    expect(readFileSync(join(data, 'backups', aside ?? '')).equals(bytes)).toBe(true);
    expect(await wedops(data, ['audit', 'verify'])).toMatchObject({ exit: 0, value: { ok: true } });
    expect(broken({ data })).toEqual([]);
  }, 180_000);

  test.each(['of a console that has ended well before', 'of the first life, with all there is'])(
    'FT-19 its journal deleted while nobody looked, %s: what is missing is noticed by the record outside',
    async (which) => {
      const first = which.startsWith('of the first');
      const { data } = first ? { data: join(place('journal'), 'data') } : await lived('journal');
      const agent = await startAgent(data);
      const client = await agent.client();
      await client.alerts.raise(emergency('only in the journal'));
      await client.audit.extract({ organisationId });
      await agent.kill();
      rmSync(join(data, 'console.db-wal'), { force: true });
      rmSync(join(data, 'console.db-shm'), { force: true });
      const next = await startAgent(data);
      const verdict = await (await next.client()).audit.verify({});
      const { rows } = await (await next.client()).alerts.list({ organisationId, filter: 'open' });
      await next.stop();
      const opened = peek(data, (db) =>
        db.prepare("SELECT count(*) FROM alert WHERE title = 'only in the journal'").pluck().get(),
      );
      // Either nothing was lost (it had been folded in), or the loss is on record and on screen.
      if (opened === 0) {
        expect(verdict.ok).toBe(false);
        expect(rows.map(({ title }) => title)).toContain('The database is not the one the record knows');
      } else expect(verdict.ok).toBe(true);
      expect(broken({ data, brokenOnPurpose: true })).toEqual([]);
    },
    60_000,
  );

  test('FT-20 replaced by an older copy: noticed at start, everything unfinished is held, nothing of it is sent', async () => {
    const { data, folder } = await lived('older');
    const older = join(folder, 'older');
    // Something unfinished in the older copy: the system was paused when it was made.
    const first = await startAgent(data);
    const client = await first.client();
    await client.settings.setMode({ organisationId, system: 'webhook', mode: 'paused', reason: 'test' });
    await client.alerts.raise(emergency('waits in the copy'));
    const waiting = () =>
      peek(data, (db) =>
        db
          .prepare(
            "SELECT count(*) FROM outbox_job WHERE system = 'webhook' AND state = 'queued' AND payload LIKE '%waits in the copy%'",
          )
          .pluck()
          .get(),
      );
    expect(waiting()).toBe(1);
    await first.stop();
    cpSync(data, older, { recursive: true });
    const second = await startAgent(data);
    for (let index = 0; index < 3; index += 1) {
      await (await second.client()).alerts.raise(emergency(`after the copy ${index}`));
    }
    await second.stop();
    for (const side of ['', '-wal', '-shm']) {
      rmSync(join(data, `console.db${side}`), { force: true });
      if (existsSync(join(older, `console.db${side}`))) {
        copyFileSync(join(older, `console.db${side}`), join(data, `console.db${side}`));
      }
    }
    const third = await startAgent(data);
    const open = await third.client();
    const { rows } = await open.alerts.list({ organisationId, filter: 'open' });
    const told = rows.find(({ title }) => title === 'The database is not the one the record knows');
    expect(told).toMatchObject({ fromBackup: null, next: { what: 'escalates' } });
    // What was open in the copy escalates to nobody.
    const resting = rows.find(({ title }) => title === 'waits in the copy');
    expect(resting).toMatchObject({ fromBackup: expect.any(String), next: null });
    expect((await open.maintenance.restored({ organisationId })).alerts.count).toBe(rows.length - 1);
    await open.settings.setMode({ organisationId, system: 'webhook', mode: 'on', reason: 'test' });
    await wait(1_500);
    // It may have been sent from the database that is gone: a person decides.
    expect(JSON.stringify(await received(third.ready.sandboxUrl, 'webhook'))).not.toContain('waits in the copy');
    await third.stop();
    const left = peek(data, (db) =>
      db
        .prepare(
          "SELECT count(*) FROM outbox_job WHERE state IN ('queued', 'sending') AND payload LIKE '%waits in the copy%'",
        )
        .pluck()
        .get(),
    );
    expect(left).toBe(0);
    expect(broken({ data, brokenOnPurpose: true })).toEqual([]);
  }, 60_000);

  test.skipIf(!can.mount)(
    'FT-21 in a folder that cannot be written: a clear refusal with exit 3, no loop, no partial files',
    async () => {
      const { data, folder } = await lived('read-only');
      const view = join(folder, 'view');
      readOnlyView(data, view);
      const before = readdirSync(data).toSorted();
      const began = performance.now();
      for (const words of [
        ['audit', 'verify'],
        ['agent', '--practice'],
        ['import', 'rates', rates(folder, 'USD')],
      ]) {
        const said = await wedops(view, words, { timeoutMs: 20_000 });
        expect(said, words[0]).toMatchObject({ exit: 3 });
        expect(JSON.stringify(said.value)).toMatch(/read-?only/i);
      }
      expect(performance.now() - began).toBeLessThan(15_000);
      expect(readdirSync(data).toSorted()).toEqual(before);
      expect(broken({ data })).toEqual([]);
    },
    60_000,
  );
});

/** Pages on the free list: damage there harms nothing, and nothing has to notice it. */
function unusedPages(db: Database.Database): Set<number> {
  const used = new Set((db.prepare('SELECT pageno FROM dbstat').pluck().all() as number[]).map(Number));
  const total = Number(db.pragma('page_count', { simple: true }));
  return new Set(Array.from({ length: total }, (_, index) => index + 1).filter((page) => page > 1 && !used.has(page)));
}
