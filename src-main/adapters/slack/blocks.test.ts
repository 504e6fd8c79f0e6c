import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { aBundle, anAlert } from '../testing/alert-samples.ts';
import { alertText, otherText } from './blocks.ts';
import { blocksProblem } from './sandbox/blocks.ts';

test('more than fifty at once ask once more, within Slack’s limits', () => {
  const many = { ...aBundle, needing: 12_345, total: 12_345 };
  const { blocks } = otherText(many as never, { at: Instant.parse(0), repeat: false, consoleAddress: '' });
  expect(JSON.stringify(blocks)).toContain('Acknowledge 12345 alerts?');
  expect(blocksProblem(blocks)).toBeNull();
});

test('the sandbox refuses buttons Slack would refuse', () => {
  const text = (words: string) => ({ type: 'plain_text', text: words });
  const problem = (more: object) =>
    blocksProblem([{ type: 'actions', elements: [{ type: 'button', action_id: 'a', text: text('Go'), ...more }] }]);
  const asks = { title: text('Sure?'), text: text('All?'), confirm: text('Yes'), deny: text('No') };
  expect(problem({ confirm: asks })).toBeNull();
  expect(problem({ confirm: { ...asks, deny: undefined } })).toContain('must be one of plain_text');
  expect(problem({ confirm: { ...asks, confirm: text('x'.repeat(31)) } })).toContain('less than 31');
  expect(problem({ confirm: 'Sure?' })).toContain('confirmation dialog');
  expect(problem({ colour: 'red' })).toContain('additional property: colour');
  expect(problem({ text: text('x'.repeat(76)) })).toContain('less than 76');
});

test('any text fits Slack’s limits', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 9_000 }),
      fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }), { maxLength: 30 }),
      (title, parts) => {
        const message = anAlert({
          title: `${title}&<>`.repeat(2),
          detail: `${title}&`.repeat(3),
          source: `${title}<`,
          reasons: parts,
          venues: parts.map((name) => ({ name, region: name })),
        });
        const { text, blocks } = alertText(message, {
          at: Instant.parse(0),
          repeat: true,
          consoleAddress: 'https://c.example',
        });
        expect(text.length).toBeLessThanOrEqual(4_000);
        expect(blocksProblem(blocks)).toBeNull();
      },
    ),
    { numRuns: 60 },
  );
});
