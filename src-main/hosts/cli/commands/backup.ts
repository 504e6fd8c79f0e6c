import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { BackupsView } from '../../../../src-shared/contract/maintenance.ts';
import { type Command, text, UsageError } from '../command.ts';
import { counted, table } from '../output.ts';

export const command: Command = {
  usage: [
    'backup --out FILE',
    'backup now   (into the folder of automatic backups)',
    'backup list',
    'backup plan [--on | --off] [--folder DIR | --usual-folder] [--sealed | --plain] [--new-passphrase]   (a new passphrase comes from stdin)',
  ],
  options: {
    out: { type: 'string' },
    folder: { type: 'string' },
    'usual-folder': { type: 'boolean' },
    on: { type: 'boolean' },
    off: { type: 'boolean' },
    sealed: { type: 'boolean' },
    plain: { type: 'boolean' },
    'new-passphrase': { type: 'boolean' },
  },
  async run({ words, options, console, organisation, stdin }) {
    const [what] = words;
    if (what === undefined) return handOut();
    if (!['now', 'list', 'plan'].includes(what) || words.length > 1)
      throw new UsageError(`backup does not know "${words.join(' ')}"`);
    if ((options.on && options.off) || (options.sealed && options.plain) || (options.folder && options['usual-folder']))
      throw new UsageError('One or the other, not both');
    const wanted = {
      ...(options.on || options.off ? { on: options.on === true } : {}),
      ...(options.sealed || options.plain ? { sealed: options.sealed === true } : {}),
      ...(options.folder || options['usual-folder'] ? { folder: text(options, 'folder') ?? null } : {}),
      ...(options['new-passphrase'] ? { passphrase: await stdin() } : {}),
    };
    if (wanted.passphrase !== undefined && wanted.passphrase.length < 12)
      throw new UsageError('The passphrase comes from stdin and has at least 12 characters');
    const { client } = await console();
    const organisationId = await organisation();
    if (what === 'now') {
      const { name, bytes } = await client.maintenance.backupNow({ organisationId });
      return {
        value: { name, bytes, ok: true },
        text: `Wrote ${name} (${counted(bytes, 'byte')}), read back and checked.`,
      };
    }
    const view =
      what === 'plan'
        ? await client.maintenance.planBackups({ organisationId, ...wanted })
        : await client.maintenance.backups({ organisationId });
    return { value: view, text: textOf(view), exit: view.problem === null ? 0 : 1 };

    async function handOut() {
      const out = text(options, 'out');
      if (out === undefined) throw new UsageError('--out FILE is missing');
      const folder = dirname(resolve(out));
      if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}`);
      const open = await console();
      const { bytes, ok, handle, sealed } = await open.client.maintenance.backup({});
      // Whole or not at all: half a backup looks like one.
      const { writeFileAtomically } = await import('../../../platform/files.ts');
      await writeFileAtomically(out, await open.download(handle));
      return {
        value: { bytes, ok, sealed },
        text: `Wrote ${out} (${counted(bytes, 'byte')}), opened and checked${sealed ? ', sealed with the passphrase of the automatic backups' : ''}.`,
        exit: ok ? (0 as const) : (1 as const),
      };
    }
  },
};

function textOf({ on, folder, sealed, nextAt, problem, kept }: BackupsView): string {
  return [
    `Automatic backups: ${on ? 'on' : 'off'}, ${sealed ? 'sealed' : 'plain'}, in ${folder}`,
    `Next: ${nextAt ?? 'none planned'}`,
    ...(problem === null ? [] : [`Problem: ${problem}`]),
    table(
      ['MADE', 'BYTES', 'NAME'],
      kept.map(({ at, bytes, name }) => [at, String(bytes), name]),
    ),
  ].join('\n');
}
