import { type Command, text, UsageError } from '../command.ts';
import { counted } from '../output.ts';

export const command: Command = {
  usage: ['backup --out FILE'],
  options: { out: { type: 'string' } },
  async run({ options, console }) {
    const out = text(options, 'out');
    if (out === undefined) throw new UsageError('--out FILE is missing');
    const open = await console();
    const { bytes, ok, handle } = await open.client.maintenance.backup({});
    // Whole or not at all: half a backup looks like one.
    const { writeFileAtomically } = await import('../../../platform/files.ts');
    await writeFileAtomically(out, await open.download(handle));
    return {
      value: { bytes, ok },
      text: `Wrote ${out} (${counted(bytes, 'byte')}), opened and checked.`,
      exit: ok ? 0 : 1,
    };
  },
};
