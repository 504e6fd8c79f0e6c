import { writeFile } from 'node:fs/promises';
import { type Command, text, UsageError } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  usage: ['diagnostics [--out FILE.zip]   (without --out: what the bundle would hold)'],
  options: { out: { type: 'string' } },
  async run({ words, options, console }) {
    if (words.length > 0) throw new UsageError(`diagnostics does not know "${words[0]}"`);
    const { client, download } = await console();
    const out = text(options, 'out');
    if (out === undefined) {
      const { files } = await client.systems.diagnosticsPreview({});
      const head = table(
        ['file', 'bytes'],
        files.map(({ name, bytes }) => [name, String(bytes)]),
        [1],
      );
      return { value: files, text: `${head}\n\n${files.map((file) => `--- ${file.name}\n${file.text}`).join('\n')}` };
    }
    const { handle, bytes } = await client.systems.diagnosticsSave({});
    await writeFile(out, await download(handle), { mode: 0o600 });
    return {
      value: { file: out, bytes, ok: true },
      text: `Wrote ${out} (${bytes} bytes). Read it before you send it on.`,
    };
  },
};
