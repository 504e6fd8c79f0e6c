import type { LookupAddress } from 'node:dns';
import { expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { createNames, type Names } from './names.ts';

/** A name service whose every answer is given by hand. */
function service() {
  const clock = testClock();
  const asked: string[] = [];
  const open = new Map<string, { answer(...addresses: string[]): void; refuse(code: string): void }>();
  const names = createNames({
    clock,
    system(host) {
      asked.push(host);
      return new Promise((resolve, reject) => {
        open.set(host, {
          answer: (...addresses) =>
            resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
          refuse: (code) => reject(Object.assign(new Error(code), { code })),
        });
      });
    },
  });
  /** Until whatever was settled has been passed on. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const at = (host: string) => {
    const question = open.get(host);
    if (!question) throw new Error(`${host} was not asked for`);
    return question;
  };
  return { clock, names, asked, at, settled };
}

const looked = ({ lookup }: Names, host: string, family: 0 | 4 | 6 = 0): Promise<string> =>
  new Promise((resolve) => {
    lookup(host, { all: true, family }, (error, found) =>
      resolve(error ? String(error.code) : (found as LookupAddress[]).map(({ address }) => address).join(' ')),
    );
  });

test('a name is asked for once however many want it, and is asked for anew afterwards', async () => {
  const { names, asked, at } = service();
  const both = [looked(names, 'a.example'), looked(names, 'a.example'), names.ask('a.example')] as const;
  at('a.example').answer('2606:4700::1', '8.8.8.8');
  expect(await both[0]).toBe('2606:4700::1 8.8.8.8');
  expect(await both[1]).toBe('2606:4700::1 8.8.8.8');
  expect(await both[2]).toEqual([
    { address: '2606:4700::1', family: 6 },
    { address: '8.8.8.8', family: 4 },
  ]);
  const again = looked(names, 'a.example', 4);
  at('a.example').answer('2606:4700::1', '9.9.9.9');
  expect(await again).toBe('9.9.9.9');
  expect(asked).toHaveLength(2);
});

test('of many names two are asked for at once; who waited longer than a connection may take is not asked for any more (FT-36)', async () => {
  const { names, asked, at, clock, settled } = service();
  const all = ['a', 'b', 'c', 'd'].map((host) => looked(names, host));
  expect(asked).toEqual(['a', 'b']);
  at('a').answer('1.1.1.1');
  await settled();
  expect(asked).toEqual(['a', 'b', 'c']);
  await clock.advance(3_001);
  at('b').refuse('EAI_AGAIN');
  at('c').answer('3.3.3.3');
  expect(await Promise.all(all)).toEqual(['1.1.1.1', 'EAI_AGAIN', '3.3.3.3', 'EAI_AGAIN']);
  expect(asked).not.toContain('d');
  // And both places are free again.
  const next = ['e', 'f'].map((host) => looked(names, host));
  for (const host of ['e', 'f']) at(host).answer('5.5.5.5');
  expect(await Promise.all(next)).toEqual(['5.5.5.5', '5.5.5.5']);
});

test('a name that was found before is found there again after half a second of silence, for a day (FT-36)', async () => {
  const { names, at, clock, settled } = service();
  const first = looked(names, 'a.example');
  at('a.example').answer('8.8.8.8');
  await first;
  const deaf = ['x', 'y'].map((host) => looked(names, host));
  const again = looked(names, 'a.example');
  await settled();
  await clock.advance(500);
  expect(await again).toBe('8.8.8.8');
  for (const host of ['x', 'y']) at(host).refuse('EAI_AGAIN');
  await Promise.all(deaf);
  await settled();
  at('a.example').refuse('EAI_AGAIN');
  await settled();

  const refused = looked(names, 'a.example');
  at('a.example').refuse('EAI_AGAIN');
  expect(await refused).toBe('8.8.8.8');
  await clock.advance(24 * 3_600_000);
  const late = looked(names, 'a.example');
  at('a.example').refuse('EAI_AGAIN');
  expect(await late).toBe('EAI_AGAIN');
});

test('a name that is no more is not found there again', async () => {
  const { names, at } = service();
  const first = looked(names, 'a.example');
  at('a.example').answer('8.8.8.8');
  await first;
  const gone = looked(names, 'a.example');
  at('a.example').refuse('ENOTFOUND');
  expect(await gone).toBe('ENOTFOUND');
});
