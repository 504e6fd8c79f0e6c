import { expect, test } from 'vitest';
import { checkedAddress, isLoopbackHost, isPublicAddress, type Resolve } from './public-address.ts';

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.0.9',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::8.8.8.8',
  '64:ff9b::a00:1',
  '64:ff9b:1::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '2001:db8::1',
  '2001::1',
  '2002:7f00:1::1',
  '3fff::1',
  '100::1',
  'not-an-address',
])('%s is refused', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.32.0.1', '169.253.0.1', '2606:4700::1111', '2a00:1450::5'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

const says =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

test('a public name yields the address that was checked', async () => {
  expect(await checkedAddress(new URL('https://hooks.example.com/x'), says('2606:4700::1111', '8.8.8.8'))).toEqual([
    { address: '2606:4700::1111', family: 6 },
    { address: '8.8.8.8', family: 4 },
  ]);
});

test('through a proxy a name only it can resolve is left to it, and one known here is judged here (SEC-37)', async () => {
  const nowhere: Resolve = () => Promise.reject(new Error('ENOTFOUND'));
  const through = { byProxy: true };
  expect(await checkedAddress(new URL('https://hooks.example.com/x'), nowhere, through)).toEqual([]);
  const refused = [
    'https://intranet/',
    'https://printer.local/',
    'https://10.0.0.8/',
    'https://localhost/',
    'https://[::1]/',
  ];
  for (const url of refused) {
    await expect(checkedAddress(new URL(url), nowhere, through)).rejects.toMatchObject({ code: 'misconfigured' });
  }
  const inside = checkedAddress(new URL('https://hooks.example.com/'), says('192.168.1.9'), through);
  await expect(inside).rejects.toMatchObject({ code: 'misconfigured' });
});

test.each([
  ['one private address among public ones', 'https://hooks.example.com/', ['8.8.8.8', '10.0.0.1']],
  ['plain http', 'http://hooks.example.com/', ['8.8.8.8']],
  ['another port', 'https://hooks.example.com:8080/', ['8.8.8.8']],
  ['user info', 'https://me:pw@hooks.example.com/', ['8.8.8.8']],
  ['a loopback literal', 'https://127.0.0.1/', []],
  ['a decimal spelling of loopback', 'https://2130706433/', []],
  ['an octal spelling of loopback', 'https://0177.0.0.1/', []],
  ['a mapped literal', 'https://[::ffff:127.0.0.1]/', []],
])('%s is refused as misconfigured', async (_why, url, addresses) => {
  await expect(checkedAddress(new URL(url), says(...addresses))).rejects.toMatchObject({ code: 'misconfigured' });
});

test('a name that is not found was not sent', async () => {
  const nowhere: Resolve = async () => {
    throw new Error('ENOTFOUND');
  };
  await expect(checkedAddress(new URL('https://nowhere.example/'), nowhere)).rejects.toMatchObject({ code: 'network' });
});

test('loopback is told by name and by number', () => {
  expect(['localhost', '127.0.0.1', '[::1]', '127.9.9.9'].every(isLoopbackHost)).toBe(true);
  expect(['localhost.example.com', '127.example.com', '10.0.0.1'].some(isLoopbackHost)).toBe(false);
});
