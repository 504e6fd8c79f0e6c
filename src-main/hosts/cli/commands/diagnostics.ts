import { type Command, text } from '../command.ts';
import { writeGiven } from '../given-files.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'what somebody who helps may read: no secrets, names or amounts',
  usage: ['diagnostics [--out FILE.zip]   (without --out: what the bundle would hold)'],
  examples: ['diagnostics', 'diagnostics --out for-support.zip'],
  options: { out: { type: 'string' } },
  async run({ options, console }) {
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
    await writeGiven(out, await download(handle));
    return {
      value: { file: out, bytes, ok: true },
      text: `Wrote ${out} (${bytes} bytes). Read it before you send it on.`,
    };
  },
};
