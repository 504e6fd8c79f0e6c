import type { NetworkProbe, NetworkView } from '../../../../src-shared/contract/network.ts';
import { type Command, text, UsageError } from '../command.ts';
import { readGiven } from '../given-files.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'how this computer reaches the outside: proxy and certificates',
  usage: [
    'network',
    'network set [--proxy none|system|URL] [--user NAME] [--new-password] [--bypass HOST,HOST] [--ca FILE | --no-ca]   (a new password comes from stdin)',
    'network test HOST   (opens a line, looks at the certificate, sends nothing)',
  ],
  examples: ['network set --proxy http://proxy.example:8080', 'network test api.xero.com'],
  options: {
    proxy: { type: 'string' },
    user: { type: 'string' },
    'new-password': { type: 'boolean' },
    bypass: { type: 'string' },
    ca: { type: 'string' },
    'no-ca': { type: 'boolean' },
  },
  async run({ words, options, console, organisation, stdin }) {
    const [what, host] = words;
    if (what !== undefined && what !== 'set' && what !== 'test')
      throw new UsageError(`network does not know "${what}"`);
    if (what === 'test') {
      if (host === undefined) throw new UsageError('HOST is missing');
      const { client } = await console();
      const probe = await client.network.probe({ organisationId: await organisation(), host });
      return { value: probe, text: probeText(probe), exit: probe.ok ? 0 : 1 };
    }
    const wish = what === 'set' ? await wishOf(options, stdin) : null;
    const { client } = await console();
    const organisationId = await organisation();
    const view =
      wish === null
        ? await client.network.view({ organisationId })
        : await client.network.save({ organisationId, ...wish });
    return { value: view, text: viewText(view), exit: view.problem === null ? 0 : 1 };
  },
};

async function wishOf(options: Parameters<Command['run']>[0]['options'], stdin: () => Promise<string>) {
  const proxy = text(options, 'proxy');
  const user = text(options, 'user');
  const bypass = text(options, 'bypass');
  const ca = text(options, 'ca');
  if (ca !== undefined && options['no-ca']) throw new UsageError('One or the other, not both: --ca and --no-ca');
  const certificates =
    ca === undefined ? (options['no-ca'] === true ? '' : undefined) : (await readGiven(ca)).toString('utf8');
  return {
    ...(proxy === undefined
      ? {}
      : proxy === 'none' || proxy === 'system'
        ? { proxy: proxy as 'none' | 'system' }
        : { proxy: 'address' as const, address: proxy }),
    ...(user === undefined ? {} : { user }),
    ...(options['new-password'] ? { password: await stdin() } : {}),
    ...(bypass === undefined ? {} : { bypass: bypass.split(',') }),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

const ways = { none: 'none: straight', system: 'what this computer says', address: '' } as const;

function viewText(view: NetworkView): string {
  const { proxy, address, user, passwordPresent, bypass, certificates, through, problem } = view;
  const named = user === '' ? '' : `, as ${user}${passwordPresent ? ', password in the keychain' : ', no password'}`;
  return [
    `Proxy: ${proxy === 'address' ? `${address}${named}` : ways[proxy]}`,
    `In force: ${through === null ? 'straight' : `through proxy ${through}`}`,
    ...(problem === null ? [] : [`Problem: ${problem}`]),
    ...(bypass.length === 0 ? [] : [`Without the proxy: ${bypass.join(', ')}`]),
    certificates.length === 0
      ? 'Certificates trusted: those of this computer'
      : table(
          ['TRUSTED AS WELL', 'UNTIL'],
          certificates.map(({ subject, expiresAt }) => [subject, expiresAt.slice(0, 10)]),
        ),
  ].join('\n');
}

function probeText({ ok, host, through, issuer, ms, problem, remedy }: NetworkProbe): string {
  const way = through === null ? 'straight' : `through proxy ${through}`;
  if (ok) return `${host} is reached ${way} in ${ms} ms; ${issuer ?? 'nobody'} vouches for its certificate.`;
  return `${problem ?? `${host} is not reached`} (${way})${remedy === null ? '' : `\n${remedy}`}`;
}
