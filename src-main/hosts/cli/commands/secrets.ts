import type { z } from 'zod';
import type { ConnectionView } from '../../../../src-shared/contract/settings.ts';
import { FolderUnavailable } from '../../owner.ts';
import { type Command, UsageError, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';
import { knownSystems } from './connect.ts';

type Connection = z.infer<typeof ConnectionView>;

async function store(client: Client, organisationId: string, connection: Connection, secrets: Record<string, string>) {
  return client.settings.saveConnection({
    organisationId,
    system: connection.system,
    settings: connection.settings,
    secrets,
  });
}

const secretNames = (connection: Connection) =>
  connection.fields.filter(({ secret }) => secret).map(({ name }) => name);

export const command: Command = {
  known: knownSystems,
  about: "keys and passwords in this computer's keychain; values are never printed",
  usage: [
    'secrets set SYSTEM NAME   (the value comes from stdin)',
    'secrets list',
    'secrets import-env',
    'secrets accept   (after the keychain changed: use the present one; systems are to be connected again)',
  ],
  examples: ['secrets set slack botToken < token.txt', 'secrets import-env'],
  async run({ words, console, organisation, stdin }) {
    if (!['set', 'list', 'import-env', 'accept'].includes(words[0] ?? '')) {
      throw new UsageError(`secrets does not know "${words[0] ?? ''}"`);
    }
    if (words[0] === 'set' && words.length > 3) throw new UsageError('The value comes from stdin, never as a word');
    const { client } = await console();
    const organisationId = await organisation();
    const [{ keychain }, { practice }] = await Promise.all([
      client.app.status({}),
      client.settings.organisation({ organisationId }),
    ]);
    if (words[0] === 'accept') {
      const { systems } = await client.settings.acceptKeychain({ organisationId });
      return {
        value: { accepted: true, toConnectAgain: systems.map(({ system }) => system) },
        text: `This keychain is used from now on. To be connected again: ${systems.map(({ name }) => name).join(', ') || 'nothing'}.`,
      };
    }
    // Practice keeps samples of its own and never touches the keychain.
    if (keychain !== 'ready' && !practice && words[0] !== 'list') {
      throw new FolderUnavailable(
        keychain === 'changed'
          ? 'This is not the keychain the console used before; nothing was stored. Sign in as before, or take this one: wedops secrets accept.'
          : `The keychain is ${keychain}; nothing was stored. "wedops doctor" says how to mend it.`,
      );
    }
    if (practice && words[0] === 'import-env') {
      throw new Error(
        'Practice has keys of its own and speaks to nothing real; nothing was stored. Name an organisation of yours: --org ID.',
      );
    }
    if (words[0] === 'set') {
      const system = word(words, 1, 'SYSTEM');
      const name = word(words, 2, 'NAME');
      const connection = await client.settings.connection({ organisationId, system });
      if (!secretNames(connection).includes(name)) {
        throw new UsageError(
          `${system} has no secret ${name}; it has: ${secretNames(connection).join(', ') || 'none'}`,
        );
      }
      const value = await stdin();
      if (value === '') throw new UsageError('The value comes from stdin, and stdin was empty');
      const saved = await store(client, organisationId, connection, { [name]: value });
      return { value: { system, stored: [name], present: saved.secretsPresent }, text: `Stored ${system} ${name}.` };
    }
    const connections = await client.settings.connections({ organisationId });
    if (words[0] === 'list') {
      const names = connections.flatMap(({ system, secretsPresent }) =>
        secretsPresent.map((name) => ({ system, name })),
      );
      return {
        value: names,
        text: table(
          ['system', 'name'],
          names.map(({ system, name }) => [system, name]),
        ),
      };
    }
    const [{ environmentVariables }, { adapters }] = await Promise.all([
      import('../../../engine/connections/adapter-facts.ts'),
      import('../../../adapters/registry.ts'),
    ]);
    const variables = environmentVariables(adapters);
    const stored: { system: string; name: string; variable: string }[] = [];
    for (const connection of connections) {
      const secrets: Record<string, string> = {};
      for (const name of secretNames(connection)) {
        const variable = variables.find((one) => one.system === connection.system && one.name === name)?.variable;
        const value = variable === undefined ? undefined : process.env[variable];
        if (variable === undefined || value === undefined || value === '') continue;
        secrets[name] = value;
        stored.push({ system: connection.system, name, variable });
      }
      if (Object.keys(secrets).length > 0) await store(client, organisationId, connection, secrets);
    }
    return {
      value: stored,
      text:
        stored.length === 0
          ? 'The environment holds none of the names listed on the help pages.'
          : `${counted(stored.length, 'secret')} stored:\n${table(
              ['system', 'name', 'from'],
              stored.map((one) => [one.system, one.name, one.variable]),
            )}`,
    };
  },
};
