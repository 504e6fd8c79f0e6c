import { writeFile } from 'node:fs/promises';
import { type Command, text, UsageError } from '../command.ts';
import { counted } from '../output.ts';

export const command: Command = {
  usage: ['audit verify', 'audit export --out FILE'],
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
      await writeFile(out, extract.text, { mode: 0o600 });
      const bytes = Buffer.byteLength(extract.text);
      return { value: { file: out, bytes }, text: `Wrote ${out} (${counted(bytes, 'byte')}).` };
    }
    throw new UsageError(`audit does not know "${words[0] ?? ''}"`);
  },
};
