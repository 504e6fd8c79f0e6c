import { type Command, word } from '../command.ts';
import { counted } from '../output.ts';

export const command: Command = {
  usage: ['restore FILE'],
  async run({ words, dataFolder }) {
    const file = word(words, 0, 'FILE');
    const [{ FolderUnavailable, ownOrFind }, { restoreDatabase }, { systemClock }, { writeFile }, { join }] =
      await Promise.all([
        import('../../owner.ts'),
        import('../../../store/restore.ts'),
        import('../../../platform/runtime.ts'),
        import('node:fs/promises'),
        import('node:path'),
      ]);
    const ownership = await ownOrFind(dataFolder, 5_000);
    if (!ownership.owned) {
      throw new FolderUnavailable(
        `The data folder is in use by process ${ownership.owner.pid} (${ownership.owner.host}). Quit it first; nothing was changed.`,
      );
    }
    try {
      const at = systemClock.now();
      const { bytes, before, held } = await restoreDatabase(dataFolder, file, at);
      // The next start writes the audit entry, with the engine that owns the chain.
      await writeFile(join(dataFolder, 'restored.json'), JSON.stringify({ at, bytes, held }), { mode: 0o600 });
      return {
        value: { bytes, ok: true, held, before },
        text: `Restored ${counted(bytes, 'byte')}. ${counted(held, 'unfinished delivery', 'unfinished deliveries')} held; nothing goes out by itself.${before === null ? '' : ` The database as it was: ${before}`}`,
      };
    } finally {
      await ownership.lock.release();
    }
  },
};
