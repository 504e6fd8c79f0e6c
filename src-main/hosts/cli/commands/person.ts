import type { Erasure, Person } from '../../../../src-shared/contract/settings.ts';
import { type Command, type CommandContext, type Outcome, text, UsageError, word } from '../command.ts';
import { counted, table } from '../output.ts';

const row = (person: Person) => [
  person.id,
  person.name,
  person.roles.join(', '),
  person.ownPin ? 'PIN set' : person.hasPin ? 'first PIN' : 'no PIN',
  person.current ? 'acts here' : '',
];

const listed = ({ goes, stays, refused }: Erasure) =>
  [
    'Goes:',
    ...goes.map((line) => `  ${line}`),
    'Stays:',
    ...stays.map((line) => `  ${line}`),
    ...(refused.length === 0 ? [] : ['Not now:', ...refused.map((line) => `  ${line}`)]),
  ].join('\n');

async function erase({ words, options, console, organisation }: CommandContext): Promise<Outcome> {
  const meant = word(words, 1, 'PERSON');
  const { client } = await console();
  const organisationId = await organisation();
  const people = await client.settings.people({ organisationId });
  const personId = people.find(({ id, name }) => id === meant || name === meant)?.id ?? meant;
  const confirm = text(options, 'confirm');
  if (confirm === undefined) {
    const preview = await client.settings.previewErasure({ organisationId, personId });
    const next = `Nothing was erased. To do it: wedops person erase ${personId} --reason TEXT --confirm "${preview.person.name}"`;
    return { value: preview, text: `${listed(preview)}\n${next}`, exit: preview.refused.length === 0 ? 0 : 1 };
  }
  const reason = text(options, 'reason');
  if (reason === undefined) throw new UsageError('--reason TEXT is missing; it names nobody');
  const done = await client.settings.erasePerson({ organisationId, personId, reason, confirm });
  const key = done.keyForgotten
    ? ''
    : ' The secret store could not forget the key; the console does that at its next start.';
  return {
    value: done,
    text: `Erased, with ${counted(done.texts, 'text')} of the record.${key}`,
    exit: done.keyForgotten ? 0 : 1,
  };
}

export const command: Command = {
  about: 'who works here, and erasing somebody who left',
  usage: ['person list', 'person erase PERSON [--reason TEXT --confirm NAME]'],
  examples: ['person list', 'person erase "Sam Okafor"'],
  options: { reason: { type: 'string' }, confirm: { type: 'string' } },
  async run(context) {
    const { words, console, organisation } = context;
    if (words[0] === 'erase') return erase(context);
    if (words[0] !== 'list') throw new UsageError(`person does not know "${words[0] ?? ''}"`);
    const all = await (await console()).client.settings.people({ organisationId: await organisation() });
    return { value: all, text: table(['id', 'name', 'roles', '', ''], all.map(row)) };
  },
  async known({ console, organisation }) {
    const all = await (await console()).client.settings.people({ organisationId: await organisation() });
    return { list: 'person list', all };
  },
};
