import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConsole } from '../../src-main/hosts/cli/console.ts';
import { OwnerRecord } from '../../src-main/platform/owner-lock.ts';
import { type Desktop, isBuilt, startDesktop, until } from './desktop.ts';

interface State {
  windows: {
    options: { title: string; webPreferences: Record<string, unknown> };
    visible: boolean;
    destroyed: boolean;
    url: string;
    refusedWindows: string[];
  }[];
  trays: { image: string; tooltip: string; destroyed: boolean; labels: string[] }[];
  external: string[];
  dialogs: unknown[];
  errors: string[];
  schemes: { scheme: string; privileges: Record<string, boolean> }[];
  spellChecker: boolean[];
}

if (!isBuilt()) throw new Error('Run "npm run build" first: the journey runs what was built');

describe('the desktop app as built', () => {
  let folder: string;
  let desktop: Desktop;
  const state = () => desktop.ask<State>('state');
  const firstWindow = async () => {
    const [window] = (await state()).windows;
    if (!window) throw new Error('There is no window');
    return window;
  };

  const emergency = (title: string) => ({
    ...{ organisationId: 'bluebell', severity: 'emergency' as const, title, detail: '', venues: [], key: title },
    source: 'desktop',
  });
  /** Every address the page had meanwhile; addresses come in the order in which they were asked for, so one more ends it. */
  async function addressesWhile(work: () => Promise<void>): Promise<string[]> {
    await desktop.evaluate(`(window.been = [], addEventListener('hashchange', () => been.push(location.hash)), null)`);
    await work();
    await desktop.ask('openUrl', 'wedsync-ops://audit');
    return until(
      () => desktop.evaluate<string[]>('window.been'),
      (been) => been.at(-1)?.includes('/audit') === true,
    );
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wedops-desktop-'));
    desktop = startDesktop(folder);
    await until(
      () => desktop.evaluate<string>('document.body.innerText').catch(() => ''),
      (text) => text.includes('Bluebell & Co (sample)'),
    );
  });
  afterAll(async () => {
    desktop.kill();
    await rm(folder, { recursive: true, force: true });
  });

  test('opens one window that can do nothing but show our pages', async () => {
    const { windows, schemes, spellChecker } = await state();
    expect(windows).toHaveLength(1);
    expect(windows[0]?.url).toMatch(/^app:\/\/ops\//);
    expect(windows[0]?.options.title).toContain('PRACTICE');
    expect(windows[0]?.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
    });
    expect(schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
    expect(spellChecker).toEqual([false]);
  });

  test('gives the page one frozen object and no way to Node or to channels of its own', async () => {
    const seen = await desktop.evaluate<Record<string, unknown>>(`({
      keys: Object.keys(window.wedsync).sort(),
      frozen: Object.isFrozen(window.wedsync),
      require: typeof window.require,
      process: typeof window.process,
      replaced: (() => { try { 'use strict'; window.wedsync = {}; } catch {} return typeof window.wedsync.chooseFiles; })(),
    })`);
    expect(seen).toEqual({
      keys: [
        'chooseFiles',
        'host',
        'notifies',
        'offerDropped',
        'onNavigate',
        'openExternal',
        'platform',
        'saveAs',
        'startAtLogin',
        'stayAwake',
      ],
      frozen: true,
      require: 'undefined',
      process: 'undefined',
      replaced: 'function',
    });
  });

  test('answers the contract over the message port: the screens show what the engine holds', async () => {
    await until(
      () => desktop.evaluate<string>('document.body.innerText'),
      (text) => text.includes('Bluebell & Co (sample)') && /Queue \d/.test(text),
    );
  });

  test('fills the practice organisation behind the open window, without being asked anything', async () => {
    await desktop.ask('menu', 'Exports');
    await until(
      () => desktop.evaluate<string>('document.body.innerText'),
      (text) => text.includes('12 need work'),
    );
  });

  test('takes a dropped file as a one-use handle, and no path a page names', async () => {
    const file = join(folder, 'costs.csv');
    await writeFile(
      file,
      'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross\n2026-09-30,Example Cloud UK Ltd,EC-1,Compute,GBP,100.00,20.00,120.00\n',
    );
    await desktop.evaluate(`window.__electronDoublePaths = ${JSON.stringify({ 'costs.csv': file })}`);
    const chosen = await desktop.evaluate<{ handle: string; name: string; bytes: number } | null>(
      `window.wedsync.offerDropped(new File(['x'], 'costs.csv'))`,
    );
    expect(chosen).toMatchObject({ name: 'costs.csv', bytes: expect.any(Number) });
    expect(chosen?.handle).not.toContain('/');
    // A file the page made up lies nowhere, so it has no handle.
    expect(await desktop.evaluate(`window.wedsync.offerDropped(new File(['x'], 'passwd'))`)).toBeNull();
    expect(await desktop.evaluate(`window.wedsync.offerDropped({ path: '/etc/passwd' })`)).toBeNull();
  });

  test('keeps inline scripts, evaluated text and foreign connections out of the page', async () => {
    const stopped = await desktop.evaluate<Record<string, string>>(`(async () => {
      const tried = {};
      const script = document.createElement('script');
      try { script.textContent = 'window.__inline = true'; document.head.append(script); } catch (e) { tried.inline = e.name; }
      try { document.createElement('div').innerHTML = '<img src=x onerror=alert(1)>'; } catch (e) { tried.html = e.name; }
      tried.inlineRan = String(window.__inline === true);
      tried.fetch = await fetch('https://evil.example/').then(() => 'allowed', () => 'blocked');
      return tried;
    })()`);
    expect(stopped).toMatchObject({ html: 'TypeError', inlineRan: 'false', fetch: 'blocked' });
  });

  test('stays where it is when a page or a link tries to lead it away', async () => {
    const before = (await firstWindow()).url;
    // A moment later, because the browser holds every question back while a page is leaving.
    await desktop.evaluate(`(setTimeout(() => { location.href = 'https://evil.example/'; }), null)`);
    await desktop.evaluate(`(setTimeout(() => window.open('https://evil.example/popup')), null)`);
    const window = await until(firstWindow, ({ refusedWindows }) => refusedWindows.length > 0);
    expect(window.url).toBe(before);
    expect((await state()).windows).toHaveLength(1);
    // Not on the list, so it does not reach the browser either.
    expect((await state()).external).toEqual([]);
    expect(await desktop.evaluate(`window.wedsync.openExternal('https://evil.example/')`)).toBe(false);
    expect(await desktop.evaluate(`window.wedsync.openExternal('file:///etc/passwd')`)).toBe(false);
    expect(await desktop.evaluate(`window.wedsync.openExternal('https://go.xero.com/')`)).toBe(true);
    expect((await state()).external).toEqual(['https://go.xero.com/']);
  });

  test('denies every permission but notifications for our own origin', async () => {
    const asked = (permission: string, origin = 'app://ops') =>
      desktop.ask<{ request: boolean; check: boolean; device: boolean }>('permission', { permission, origin });
    for (const permission of ['geolocation', 'media', 'clipboard-read', 'usb', 'serial', 'hid', 'display-capture']) {
      expect(await asked(permission), permission).toEqual({ request: false, check: false, device: false });
    }
    expect(await asked('notifications')).toEqual({ request: true, check: true, device: false });
    expect(await asked('notifications', 'https://evil.example')).toMatchObject({ request: false, check: false });
  });

  test('shows the state in the tray and opens screens from its menu', async () => {
    const { trays } = await state();
    expect(trays).toHaveLength(1);
    expect(trays[0]?.tooltip).toContain('(practice)');
    // One of the sample alerts is critical once it has been told.
    expect(trays[0]?.image).toMatch(/tray-(practice|critical)\.png$/);
    expect(trays[0]?.labels).toEqual(expect.arrayContaining(['Open Ops Console', 'Exports', 'Quit…']));
    await desktop.ask('menu', 'Audit');
    await until(
      () => desktop.evaluate<string>('location.hash'),
      (hash) => hash.includes('/audit'),
    );
  });

  test('closing hides it to the tray, a click on the tray brings it back', async () => {
    await desktop.ask('closeWindow');
    expect(await firstWindow()).toMatchObject({ visible: false, destroyed: false });
    await desktop.ask('trayClick');
    expect(await firstWindow()).toMatchObject({ visible: true });
  });

  test('starts with the computer when asked to, minimised, and tells the real state', async () => {
    const ask = (on?: boolean) => desktop.evaluate<boolean>(`window.wedsync.startAtLogin(${on ?? ''})`);
    expect(await ask()).toBe(false);
    expect(await ask(true)).toBe(true);
    if (process.platform === 'linux') {
      const entry = join(folder, 'config', 'autostart', 'wedsync-ops.desktop');
      expect(await readFile(entry, 'utf8')).toMatch(/^Exec=.* "--hidden"$/m);
      await writeFile(entry, '[Desktop Entry]\nHidden=true\n');
      expect(await ask()).toBe(false);
    }
    expect(await ask(false)).toBe(false);
  });

  test('in wedding-day mode it stays awake on mains power, unless it is told not to (U43)', async () => {
    const kept = async () => (await desktop.ask<{ keptAwake: string[] }>('state')).keptAwake;
    const ask = (on?: boolean) => desktop.evaluate<boolean>(`window.wedsync.stayAwake(${on ?? ''})`);
    expect(await ask()).toBe(true);
    const { client, close } = await openConsole({ dataFolder: folder, empty: false });
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    await client.weekend.switchMode({ organisationId: 'bluebell', mode: 'on', reason: 'To see it stay awake', endsAt });
    await close();
    await until(kept, (types) => types.length === 1);
    expect(await kept()).toEqual(['prevent-app-suspension']);
    await desktop.ask('battery', true);
    expect(await kept()).toEqual([]);
    await desktop.ask('battery', false);
    expect(await kept()).toHaveLength(1);
    expect(await ask(false)).toBe(false);
    expect(await kept()).toEqual([]);
  });

  test('a second launch raises the first, hands it an address and ends; a malformed one acts on nothing', async () => {
    await desktop.ask('closeWindow');
    const second = startDesktop(folder, ['wedsync-ops://settings']);
    expect(await second.exited).toBe(0);
    await until(firstWindow, ({ visible }) => visible);
    await until(
      () => desktop.evaluate<string>('location.hash'),
      (hash) => hash.includes('/settings'),
    );
    const been = await addressesWhile(async () => {
      for (const address of ['[broken', '//', `exports/${'x'.repeat(3_000)}`, 'javascript:alert(1)'])
        await desktop.ask('openUrl', `wedsync-ops://${address}`);
      await desktop.ask('openUrl', 'https://evil.example/exports');
    });
    expect(been.filter((hash) => /exports|broken|evil/.test(hash))).toEqual([]);
    expect((await state()).windows).toHaveLength(1);
  });

  test('an address from outside opens a screen and does nothing there: no alert is taken, nothing is sent, approved or imported (SEC-18)', async () => {
    const { client, close } = await openConsole({ dataFolder: folder, empty: false });
    const of = { organisationId: 'bluebell' };
    const { id, reference } = await client.alerts.raise(emergency('stays as it is'));
    const done = async () =>
      (await client.audit.list(of)).rows.filter(({ actor }) => !/^(system|schedule|console)/.test(actor));
    const before = await done();
    const been = await addressesWhile(async () => {
      for (const address of [
        `alerts?alert=${reference}&acknowledge=${id}&action=acknowledge`,
        `alerts/acknowledge?alert=${id}&id=${id}`,
        'exports/approve?batch=1&confirm=1&pin=2468',
        'exports/imports?import=/etc/passwd&start=1',
        'deliveries?retry=all&send=1',
      ])
        await desktop.ask('openUrl', `wedsync-ops://${address}`);
    });
    expect(been.length).toBeGreaterThan(3);
    expect((await client.alerts.get({ ...of, alertId: id })).state).toBe('firing');
    expect(await done()).toEqual(before);
    await close();
  });

  test('lets commands talk to it: its record names a loopback address and is for this user alone', async () => {
    const record = OwnerRecord.parse(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')));
    expect(record.host).toBe('desktop');
    const ask = (token: string) =>
      fetch(`${record.url}/rpc/app/status`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wedops-token': token },
        body: '{"json":{}}',
      });
    expect((await ask('wrong')).status).toBe(401);
    expect((await ask(record.token ?? '')).status).toBe(200);
    // It serves no pages: the window has its own way to them.
    expect((await fetch(`${record.url}/`)).status).toBe(404);
  });

  test('reloads once after a crash of the page and shows plain text after a second, while alerts go out as before', async () => {
    const { client, close } = await openConsole({ dataFolder: folder, empty: false });
    /** From the report to the last channel, on the clock of whoever waits. */
    const told = async (title: string) => {
      const began = performance.now();
      const { id } = await client.alerts.raise(emergency(title));
      await until(
        () => client.alerts.get({ organisationId: 'bluebell', alertId: id }),
        ({ toldMs }) => toldMs !== null,
      );
      return performance.now() - began;
    };
    // The first one of a start reads the adapters.
    const usual = Math.min(await told('first of all'), await told('before the crash'));
    await desktop.evaluate('(window.isOfBefore = true)');
    const crash = desktop.ask('crash');
    const during = await told('during the crash');
    expect(during).toBeLessThan(usual + 1_000);
    await crash;
    await until(
      () => desktop.evaluate<string>('window.isOfBefore ? "" : document.body.innerText').catch(() => ''),
      (text) => text.includes('Bluebell & Co (sample)'),
    );
    await close();
    await desktop.ask('crash');
    const text = await until(
      () => desktop.evaluate<string>('document.body.innerText').catch(() => ''),
      (seen) => seen.includes('stopped twice'),
    );
    expect(text).toContain('nothing is lost');
  });

  test('in wedding-day mode of a real organisation, quitting names what stops and may be thought over (U35)', async () => {
    const record = OwnerRecord.parse(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')));
    const call = async <T>(path: string, json: object): Promise<T> => {
      const reply = await fetch(`${record.url}/rpc/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wedops-token': record.token ?? '' },
        body: JSON.stringify({ json }),
      });
      const body = (await reply.json()) as { json: T };
      if (!reply.ok) throw new Error(JSON.stringify(body));
      return body.json;
    };
    const { id: organisationId } = await call<{ id: string }>('settings/createOrganisation', {
      organisationId: 'bluebell',
      name: 'Oak & Co',
    });
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    await call('weekend/switchMode', { organisationId, mode: 'on', reason: 'A wedding on a weekday', endsAt });
    await desktop.ask('dialogAnswer', { response: 0 });
    await desktop.ask('quit');
    const { dialogs } = await until(state, ({ dialogs: shown }) => shown.length > 0);
    expect(JSON.stringify(dialogs)).toContain('Alerts for 1 organisation will stop being sent from this computer.');
    expect(await firstWindow()).toMatchObject({ destroyed: false });
  });

  test('quitting stores everything and frees the folder for the next', async () => {
    await desktop.ask('dialogAnswer', { response: 1 });
    await desktop.ask('quit');
    expect(await desktop.exited).toBe(0);
    expect(desktop.stderr()).not.toContain('does not play');
    await expect(readFile(join(folder, 'owner.json'))).rejects.toThrow();
  });
});
