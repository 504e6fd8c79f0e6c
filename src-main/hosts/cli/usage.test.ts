import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { UsageError } from './command.ts';
import { command as cost } from './commands/cost.ts';
import { command as health } from './commands/health.ts';
import { command as weekend } from './commands/weekend.ts';
import { nearest } from './nearest.ts';
import { meantVerb, usageOf, wrongOption } from './usage.ts';

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
