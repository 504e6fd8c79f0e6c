import type { Supplier } from '../../../../src-shared/contract/exports.ts';
import { type Command, text, UsageError } from '../command.ts';
import { table } from '../output.ts';

const row = (supplier: Supplier) => [
  supplier.id,
  supplier.name,
  supplier.country,
  supplier.vatNumber,
  supplier.confirmed ? 'confirmed' : 'to confirm',
  supplier.aliases.join(', '),
];
const head = ['id', 'name', 'country', 'vat number', '', 'names in files'];

export const command: Command = {
  usage: [
    'supplier list',
    'supplier set NAME --country CC [--vat-number N] [--uk-establishment] [--alias NAME,NAME] [--name NEW]',
  ],
  options: {
    name: { type: 'string' },
    country: { type: 'string' },
    'vat-number': { type: 'string' },
    'uk-establishment': { type: 'boolean' },
    alias: { type: 'string' },
  },
  async run({ words, options, console, organisation }) {
    if (words[0] === 'list') {
      const all = await (await console()).client.exports.suppliers({ organisationId: await organisation() });
      return { value: all, text: table(head, all.map(row)) };
    }
    if (words[0] !== 'set') throw new UsageError(`supplier does not know "${words[0] ?? ''}"`);
    const wanted = words[1];
    if (wanted === undefined) throw new UsageError('NAME is missing');
    const { client } = await console();
    const organisationId = await organisation();
    const known = (await client.exports.suppliers({ organisationId })).find(
      ({ id, name, aliases }) => id === wanted || name === wanted || aliases.includes(wanted),
    );
    const country = text(options, 'country') ?? known?.country;
    if (!country) throw new UsageError('--country CC is missing (two letters, e.g. GB, IE, US)');
    const more = text(options, 'alias')?.split(',') ?? [];
    const saved = await client.exports.saveSupplier({
      organisationId,
      supplier: {
        ...(known ? { id: known.id } : {}),
        name: text(options, 'name') ?? known?.name ?? wanted,
        country,
        vatNumber: text(options, 'vat-number') ?? known?.vatNumber ?? '',
        ukEstablishment: options['uk-establishment'] === true || (known?.ukEstablishment ?? false),
        aliases: [...new Set([...(known?.aliases ?? []), ...more])],
      },
    });
    return { value: saved, text: table(head, [row(saved)]) };
  },
};
