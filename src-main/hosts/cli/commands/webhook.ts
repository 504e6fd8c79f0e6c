import { readFile } from 'node:fs/promises';
import { type Command, UsageError, word } from '../command.ts';
import { counted, table } from '../output.ts';

const dueOf = (capture: unknown) =>
  typeof capture === 'object' && capture !== null && 'valid' in capture ? capture.valid === true : true;

export const command: Command = {
  usage: ['webhook verify FILE   (test vectors, or one captured request; nothing is stored or sent)'],
  async run({ words }) {
    if (words[0] !== 'verify') throw new UsageError(`webhook does not know "${words[0] ?? ''}"`);
    const path = word(words, 1, 'FILE');
    const text = await readFile(path, 'utf8').catch(() => {
      throw new UsageError(`There is no file ${path}`);
    });
    let content: unknown;
    try {
      content = JSON.parse(text.replace(/^\ufeff/, ''));
    } catch {
      throw new UsageError(`${path} is no JSON: an array of captures, or one capture, is due`);
    }
    const { judgeCaptures } = await import('../../../adapters/kit/signature/judge.ts');
    const captures = Array.isArray(content) ? content : [content];
    const value = judgeCaptures(captures);
    const valid = value.filter((each) => each.valid).length;
    const name = (capture: unknown) =>
      typeof capture === 'object' && capture !== null && 'id' in capture ? String(capture.id) : '';
    const rows = value.map((each) => [
      String(each.index),
      name(captures[each.index]),
      each.valid ? 'valid' : 'invalid',
      each.reason ?? '',
    ]);
    // A test vector says itself what is due; anything else is due to be valid.
    const asDue = value.every((each) => each.valid === dueOf(captures[each.index]));
    return {
      value,
      exit: asDue ? 0 : 1,
      text: `${table(['#', 'id', 'verdict', 'reason'], rows, [0])}\n${counted(value.length, 'request')}, ${valid} valid.`,
    };
  },
};
