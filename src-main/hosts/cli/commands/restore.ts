import { type Command, UsageError, word } from '../command.ts';
import { fileGiven } from '../given-files.ts';
import { counted } from '../output.ts';

export const command: Command = {
  about: 'puts a backup in place of the database; nothing of it is sent by itself',
  usage: ['restore FILE   (the passphrase or recovery code of a sealed one comes from stdin)'],
  examples: ['restore before-the-move.db'],
  async run({ words, dataFolder, stdin }) {
    const file = await fileGiven(word(words, 0, 'FILE'));
    const [{ FolderUnavailable, ownOrFind }, { restoreInto }, { systemClock }] = await Promise.all([
      import('../../owner.ts'),
      import('../../restore-asked.ts'),
      import('../../../platform/runtime.ts'),
    ]);
    const { isSealed, NotOpened } = await import('../../../platform/sealed-file.ts');
    const passphrase = (await isSealed(file)) ? await stdin() : null;
    if (passphrase === '')
      throw new UsageError('This backup is sealed: its passphrase or recovery code comes from stdin');
    const ownership = await ownOrFind(dataFolder, 5_000);
    if (!ownership.owned) {
      throw new FolderUnavailable(
        `The data folder is in use by process ${ownership.owner.pid} (${ownership.owner.host}). Quit it first; nothing was changed.`,
      );
    }
    try {
      const { bytes, before, held } = await restoreInto(dataFolder, file, systemClock, passphrase).catch(
        (thrown: unknown) => {
          throw thrown instanceof NotOpened ? new FolderUnavailable(`${thrown.message} Nothing was changed.`) : thrown;
        },
      );
      return {
        value: { bytes, ok: true, held, before },
        text: `Restored ${counted(bytes, 'byte')}. ${counted(held, 'unfinished delivery', 'unfinished deliveries')} held; nothing goes out by itself, and its open alerts rest (wedops alert list).${before === null ? '' : ` The database as it was: ${before}`}`,
      };
    } finally {
      await ownership.lock.release();
    }
  },
};
