import type { z } from 'zod';
import type { ConnectionView } from '../../../../src-shared/contract/settings.ts';
import { type Command, type CommandContext, text, UsageError, word } from '../command.ts';
import { table } from '../output.ts';

type Connection = z.infer<typeof ConnectionView>;

const view = (connection: Connection) => ({
  system: connection.system,
  state: connection.state,
  account: connection.account,
  mode: connection.mode,
  problem: connection.problem,
});

/** The systems a command can be about. */
export async function knownSystems({ console, organisation }: CommandContext) {
  const all = await (await console()).client.settings.connections({ organisationId: await organisation() });
  return { list: 'connect list', all: all.map(({ system }) => ({ id: system })) };
}

export const command: Command = {
  known: knownSystems,
  about: 'systems and how they are connected: sign in, choose an account, pause',
  usage: [
    'connect list',
    'connect SYSTEM sign-in',
    'connect SYSTEM accounts [--choose ACCOUNT]',
    'connect SYSTEM map [--confirm]',
    'connect SYSTEM pause|resume|off [--reason TEXT]',
  ],
  examples: ['connect list', 'connect xero sign-in', 'connect slack pause --reason "Slack moves house"'],
  options: { choose: { type: 'string' }, confirm: { type: 'boolean' }, reason: { type: 'string' } },
  async run({ words, options, console, organisation, say, when }) {
    const system = word(words, 0, 'SYSTEM');
    if (system !== 'list' && words[1] === undefined)
      throw new UsageError(`What of ${system}? sign-in, accounts, map, pause, resume or off`);
    const { client } = await console();
    const organisationId = await organisation();
    if (system === 'list') {
      const all = (await client.settings.connections({ organisationId })).map(view);
      return {
        value: all,
        text: table(
          ['system', 'state', 'mode', 'account'],
          all.map(({ system: id, state, mode, account, problem }) => [id, state, mode, account ?? problem ?? '']),
        ),
      };
    }
    const scope = { organisationId, system };
    const done = (connection: Connection) => ({
      value: view(connection),
      text: `${connection.name}: ${connection.state}${connection.account ? `, ${connection.account}` : ''}, ${connection.mode}`,
    });
    switch (words[1]) {
      case 'sign-in': {
        const before = await client.settings.connection(scope);
        const { url, expiresAt, answer } = await client.settings.beginSignIn(scope);
        say(`Open this address in a browser before ${(await when())(expiresAt)} and sign in:\n${url}`);
        if (answer === 'pasted') {
          say('Then copy the whole address of the page it ends at, paste it here and press Enter:');
          return done(await client.settings.completeSignIn({ ...scope, pasted: await pastedLine() }));
        }
        return done(await signedIn(before, async () => client.settings.connection(scope), Date.parse(expiresAt)));
      }
      case 'accounts': {
        const choice = text(options, 'choose');
        if (choice !== undefined) return done(await client.settings.chooseAccount({ ...scope, accountId: choice }));
        const accounts = await client.settings.accounts(scope);
        return {
          value: accounts,
          text: table(
            ['', 'id', 'name', 'detail'],
            accounts.map(({ id, name, detail, chosen }) => [chosen ? '*' : '', id, name, detail]),
          ),
        };
      }
      case 'map': {
        const map = await client.settings.ledgerMap(scope);
        if (options.confirm === true) {
          const found = <T extends { code: string | null }>(rows: readonly T[], key: (row: T) => string) =>
            Object.fromEntries(rows.flatMap((row) => (row.code === null ? [] : [[key(row), row.code]])));
          const { confirmed } = await client.settings.confirmLedgerMap({
            ...scope,
            taxes: found(map.taxes, ({ treatment }) => treatment),
            accounts: found(map.accounts, ({ category }) => category),
          });
          return { value: { confirmed }, text: `Confirmed ${confirmed} codes.` };
        }
        return {
          value: map,
          text: table(
            ['', 'ours', 'theirs', 'code'],
            [
              ...map.taxes.map((tax) => [
                tax.confirmed ? '*' : '',
                tax.treatment,
                tax.code === null ? '?' : `${tax.label} ${tax.rate}`,
                tax.code ?? '',
              ]),
              ...map.accounts.map(({ category, code, label }) => [
                '',
                category,
                code === null ? '?' : label,
                code ?? '',
              ]),
            ],
          ),
        };
      }
      case 'pause':
      case 'resume':
      case 'off': {
        const mode = { pause: 'paused', resume: 'on', off: 'off' } as const;
        const reason = text(options, 'reason') ?? 'by command';
        return done(await client.settings.setMode({ ...scope, mode: mode[words[1]], reason }));
      }
      default:
        throw new UsageError(`connect does not know "${words[1] ?? ''}"`);
    }
  },
};

/** One line from the terminal or a pipe: not an argument, which any process of this machine could read. */
async function pastedLine(): Promise<string> {
  const { createInterface } = await import('node:readline');
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') return line;
  throw new UsageError('The address the sign-in ended at is missing');
}

/**
 * Looks once a second until the vendor's answer has arrived or the time for it is over. A connection that worked before
 * has it when its sign-in runs out at another moment than the old one.
 */
async function signedIn(before: Connection, read: () => Promise<Connection>, until: number): Promise<Connection> {
  const { setTimeout: wait } = await import('node:timers/promises');
  for (;;) {
    const connection = await read();
    const renewed = before.state !== 'connected' || connection.tokenExpiresAt !== before.tokenExpiresAt;
    if ((connection.state === 'connected' && renewed) || Date.now() > until) return connection;
    await wait(1_000);
  }
}
