import { type Command, text, UsageError } from '../command.ts';
import { writeGiven } from '../given-files.ts';
import { counted } from '../output.ts';

export const command: Command = {
  about: 'proves that nobody changed the record of who did what, and writes it out',
  usage: ['audit verify', 'audit export --out FILE'],
  examples: ['audit verify', 'audit export --out audit.jsonl'],
  options: { out: { type: 'string' } },
  async run({ words, options, console, organisation }) {
    const { client } = await console();
    if (words[0] === 'verify') {
      const verdict = await client.audit.verify({});
      const { ok, entries, head, firstBroken } = verdict;
      return {
        value: { entries, ok, head, firstBroken, verdict: verdict.verdict, detail: verdict.detail },
        text: `${ok ? 'Intact' : 'NOT intact'}: ${counted(entries, 'entry', 'entries')}, head ${head.slice(0, 16)}. ${verdict.detail}`.trimEnd(),
        exit: ok ? 0 : 1,
      };
    }
    if (words[0] === 'export') {
      const out = text(options, 'out');
      if (out === undefined) throw new UsageError('--out FILE is missing');
      const extract = await client.audit.extract({ organisationId: await organisation() });
      await writeGiven(out, extract.text);
      const bytes = Buffer.byteLength(extract.text);
      return { value: { file: out, bytes }, text: `Wrote ${out} (${counted(bytes, 'byte')}).` };
    }
    throw new UsageError(`audit does not know "${words[0] ?? ''}"`);
  },
};
