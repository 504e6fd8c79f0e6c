import { parseArgs } from 'node:util';
import { describe, expect, test } from 'vitest';
import { commands } from './all-commands.ts';
import { UsageError } from './command.ts';
import { command as alert } from './commands/alert.ts';
import { command as connect } from './commands/connect.ts';
import { command as cost } from './commands/cost.ts';
import { command as crm } from './commands/crm.ts';
import { command as exports } from './commands/export.ts';
import { command as health } from './commands/health.ts';
import { command as kpi } from './commands/kpi.ts';
import { command as schedule } from './commands/schedule.ts';
import { command as weekend } from './commands/weekend.ts';
import { nearest } from './nearest.ts';
import { allCommands, helpOf, meantVerb, usageOf, wordTooMany, wrongOption } from './usage.ts';

test('a wrong word is answered with the usage of the verb that was meant, not with all of them', () => {
  expect(usageOf('cost', cost, 'split')).toMatch(/^usage: wedops cost split ID --parts .*\nEverything else: /);
  expect(usageOf('cost', cost, 'lsit')).toMatch(/^usage: wedops cost accept\|add\|allocate\|/);
  expect(meantVerb(cost, 'lsit')).toBe('. Did you mean "list"?');
  expect(meantVerb(cost, 'list')).toBe('');
});

test('a command that takes something else than a verb shows all its lines', () => {
  expect(usageOf('health', health, 'now')).toContain('usage: wedops health [--refresh]');
  expect(usageOf('weekend', weekend, 'foo')).toContain('usage: wedops weekend [--at INSTANT]');
  expect(usageOf('cost', cost, undefined).split('\n').length).toBeGreaterThan(20);
});

test.each([
  ['lsit', ['list', 'split'], ['list']],
  ['month', ['Month end', 'Daily'], ['Month end']],
  ['zz', ['list', 'add'], []],
  ['', ['list'], []],
])('"%s" is nearest to', (word, all, expected) => {
  expect(nearest(word, all)).toEqual(expected);
});

const options = { sales: { type: 'string' }, period: { type: 'string' }, json: { type: 'boolean' } } as const;
test.each([
  [['--sales', '-5.00'], 'The value of --sales begins with a minus. Write it with an equals sign: --sales=-5.00'],
  [['-5'], 'A value that begins with a minus stands at the end, behind two dashes: … -- -5'],
  [['--perid', '2026-10'], 'There is no option --perid. Did you mean --period?'],
  [['--sales', '--json'], '--sales needs a value.'],
  [['--sales'], '--sales needs a value.'],
  [['--json=yes'], '--json takes no value.'],
])('%s: said in our words, with how it is written', (argv, said) => {
  const read = () => parseArgs({ args: argv, options, allowPositionals: true, strict: true });
  expect(() => {
    try {
      read();
    } catch (thrown) {
      throw new UsageError(wrongOption(thrown, argv, Object.keys(options)));
    }
  }).toThrow(new UsageError(said));
});

const all = await Promise.all(Object.entries(commands).map(async ([name, load]) => ({ name, ...(await load()) })));
describe.each(all)('help of $name', ({ name, command }) => {
  test('says what it is for, and gives examples that could be typed', () => {
    const said = helpOf(name, command, undefined);
    expect(said).toMatch(new RegExp(`^${name}: [^.\\n]{10,95}\\.\\nusage: wedops ${name}`));
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) {
      expect(said).toContain(`\n  wedops ${example}`);
      const words = [...example.replace(/ < .*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, bare]) => quoted ?? bare ?? '',
      );
      expect(words[0]).toBe(name);
      const options = { ...command.options, data: { type: 'string' } } as const;
      const { positionals } = parseArgs({ args: words, options, allowPositionals: true, strict: true });
      expect(wordTooMany(name, command, positionals.slice(1))).toBeNull();
      expect(usageOf(name, command, positionals[1])).toContain(
        `usage: wedops ${positionals[1] === undefined ? name : example.split(' ')[0]}`,
      );
    }
  });
});

test('help of a verb gives the examples of that verb', () => {
  expect(helpOf('cost', cost, 'split')).toMatch(/\nFor example:\n {2}wedops cost split ID [^\n]*$/);
});

test.each([
  ['alert raise Gallery down', alert, 'Gallery'],
  ['alert list open', alert, 'open'],
  ['alert report A-1 A-2 A-3', alert, null],
  ['connect xero pause now', connect, 'now'],
  ['connect xero accounts', connect, null],
  ['cost decide P link now', cost, 'now'],
  ['export reverse B D-1 D-2', exports, null],
  ['export link B D more', exports, 'more'],
  ['schedule add Month end', schedule, 'end'],
  ['kpi enter capacity 80', kpi, null],
  ['weekend on', weekend, null],
  ['weekend holidays FILE', weekend, null],
  ['weekend holidays FILE more', weekend, 'more'],
  ['crm usage connect ADDRESS', crm, null],
])('%s: a word that nothing asked for is not passed over', (line, command, extra) => {
  const [name = '', ...words] = line.split(' ');
  const said = wordTooMany(name, command, words);
  if (extra === null) expect(said).toBeNull();
  else expect(said).toContain(`where "${extra}" stands`);
});

test('where no word is asked for, the word is one the command does not know', () => {
  expect(wordTooMany('health', health, ['now'])).toBe('health does not know "now"');
  expect(wordTooMany('weekend', weekend, ['foo'])).toBe('weekend does not know "foo"');
});

test('every command in one line, and the way to more', () => {
  const list = allCommands(all.map(({ name, command }) => [name, command])).split('\n');
  expect(list).toHaveLength(all.length + 3);
  expect(list).toContain('  rehearse     plays a busy Saturday with a moved clock and prints its score card');
  expect(list.every((line) => line.length <= 120)).toBe(true);
});
