import type { BackupsView, DrillResult } from '../../../../src-shared/contract/maintenance.ts';
import { type Command, text, UsageError } from '../command.ts';
import { folderFor } from '../given-files.ts';
import { counted, table } from '../output.ts';

export const command: Command = {
  about: 'copies the database while it is in use',
  usage: [
    'backup --out FILE',
    'backup now   (into the folder of automatic backups)',
    'backup list',
    'backup drill   (restores the newest into a scratch folder and looks whether all is as it must be)',
    'backup plan [--on | --off] [--folder DIR | --usual-folder] [--second DIR | --no-second] [--sealed | --plain] [--new-passphrase] [--new-recovery-code]   (a new passphrase comes from stdin; a recovery code is printed once)',
  ],
  examples: ['backup --out before-the-move.db', 'backup plan --on --second /media/usb', 'backup drill'],
  options: {
    out: { type: 'string' },
    folder: { type: 'string' },
    'usual-folder': { type: 'boolean' },
    on: { type: 'boolean' },
    off: { type: 'boolean' },
    sealed: { type: 'boolean' },
    plain: { type: 'boolean' },
    'new-passphrase': { type: 'boolean' },
    second: { type: 'string' },
    'no-second': { type: 'boolean' },
    'new-recovery-code': { type: 'boolean' },
  },
  async run({ words, options, console, organisation, stdin, when }) {
    const [what] = words;
    if (what === undefined) return handOut();
    if (!['now', 'list', 'plan', 'drill'].includes(what)) throw new UsageError(`backup does not know "${what}"`);
    if (
      (options.on && options.off) ||
      (options.sealed && options.plain) ||
      (options.folder && options['usual-folder']) ||
      (options.second && options['no-second'])
    )
      throw new UsageError('One or the other, not both');
    const wanted = {
      ...(options.on || options.off ? { on: options.on === true } : {}),
      ...(options.sealed || options.plain ? { sealed: options.sealed === true } : {}),
      ...(options.folder || options['usual-folder'] ? { folder: text(options, 'folder') ?? null } : {}),
      ...(options.second || options['no-second'] ? { second: text(options, 'second') ?? null } : {}),
      ...(options['new-recovery-code'] ? { renewRecoveryCode: true } : {}),
      ...(options['new-passphrase'] ? { passphrase: await stdin() } : {}),
    };
    if (wanted.passphrase !== undefined && wanted.passphrase.length < 12)
      throw new UsageError('The passphrase comes from stdin and has at least 12 characters');
    const { client } = await console();
    const organisationId = await organisation();
    const at = await when();
    if (what === 'now') {
      const { name, bytes } = await client.maintenance.backupNow({ organisationId });
      return {
        value: { name, bytes, ok: true },
        text: `Wrote ${name} (${counted(bytes, 'byte')}), read back and checked.`,
      };
    }
    if (what === 'drill') {
      const result = await client.maintenance.drill({ organisationId });
      return { value: result, text: drillText(result), exit: result.ok ? 0 : 1 };
    }
    if (what === 'plan') {
      const { newCode, ...view } = await client.maintenance.planBackups({ organisationId, ...wanted });
      const once = newCode === null ? [] : [onceText(newCode)];
      return { value: { ...view, newCode }, text: [textOf(view, at), ...once].join('\n'), exit: exitOf(view) };
    }
    const view = await client.maintenance.backups({ organisationId });
    return { value: view, text: textOf(view, at), exit: exitOf(view) };

    async function handOut() {
      const out = text(options, 'out');
      if (out === undefined) throw new UsageError('--out FILE is missing');
      await folderFor(out);
      const open = await console();
      const { bytes, ok, handle, sealed } = await open.client.maintenance.backup({
        organisationId: await organisation(),
      });
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

const exitOf = ({ problem, second }: BackupsView) => (problem === null && (second?.problem ?? null) === null ? 0 : 1);

function onceText(code: string): string {
  return `\nRecovery code: ${code}\nIt is shown this once and kept nowhere. Write it down: it opens these backups on any computer, without the keychain and without the passphrase.`;
}

function drillText({ backup, ok, ms, problem, entries, held, checks }: DrillResult): string {
  const head = `${ok ? 'Restored and sound' : 'NOT sound'}: ${backup || 'no backup'}, in ${(ms / 1_000).toFixed(1)} s`;
  if (problem !== null) return `${head}\n${problem}`;
  return [
    `${head}, ${counted(entries, 'entry', 'entries')} of the record, ${counted(held, 'unfinished delivery', 'unfinished deliveries')} held`,
    table(
      ['', 'WHAT', 'DETAIL'],
      checks.map((check) => [check.ok ? 'ok' : '!!', check.what, check.detail]),
    ),
  ].join('\n');
}

function textOf(view: BackupsView, when: (at: string | null) => string): string {
  const { on, folder, sealed, recoveryCode, second, drill, nextDrillAt, nextAt, problem, kept } = view;
  const seal = sealed ? `sealed (${recoveryCode ? 'with' : 'without'} a recovery code)` : 'plain';
  const last = drill === null ? 'none yet' : `${drill.ok ? 'sound' : 'NOT sound'} at ${when(drill.at)}`;
  return [
    `Automatic backups: ${on ? 'on' : 'off'}, ${seal}, in ${folder}`,
    `Second place: ${second === null ? 'none' : `${second.folder}, newest ${when(second.newestAt) || 'none'}`}`,
    `Next: ${when(nextAt) || 'none planned'}`,
    `Last restore drill: ${last}; next: ${when(nextDrillAt) || 'none planned'}`,
    ...(problem === null ? [] : [`Problem: ${problem}`]),
    ...(second === null || second.problem === null ? [] : [`Problem at the second place: ${second.problem}`]),
    table(
      ['made', 'bytes', 'name'],
      kept.map(({ at, bytes, name }) => [when(at), String(bytes), name]),
    ),
  ].join('\n');
}
