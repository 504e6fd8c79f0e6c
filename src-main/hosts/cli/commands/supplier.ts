import type { Supplier } from '../../../../src-shared/contract/exports.ts';
import { countryOf } from '../../../../src-shared/domain/cost/country.ts';
import { supplierKey } from '../../../../src-shared/domain/vat/history.ts';
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

/** A slip of the fingers must not make another supplier, so a new one is asked for by name. */
function nearest(wanted: string, all: readonly Supplier[]): string {
  const word = wanted.trim().toLowerCase().slice(0, 4);
  const near = all.filter(({ name }) => name.toLowerCase().includes(word)).slice(0, 3);
  const names = near.length === 0 ? '' : ` Did you mean ${near.map(({ name }) => `"${name}"`).join(' or ')}?`;
  return `${names} Add --new to make a new one.`;
}

export const command: Command = {
  about: 'where suppliers are established and under what VAT number',
  usage: [
    'supplier list',
    'supplier set NAME [--new] --country CC [--vat-number N] [--uk-establishment] [--alias NAME,NAME] [--name NEW]',
  ],
  examples: ['supplier set "Example Cloud UK Ltd" --new --country GB --vat-number GB713024681'],
  options: {
    name: { type: 'string' },
    country: { type: 'string' },
    'vat-number': { type: 'string' },
    'uk-establishment': { type: 'boolean' },
    alias: { type: 'string' },
    new: { type: 'boolean' },
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
    const all = await client.exports.suppliers({ organisationId });
    const key = supplierKey(wanted);
    const known = all.find(
      ({ id, name, aliases }) => id === wanted || [name, ...aliases].some((one) => supplierKey(one) === key),
    );
    if (!known && options.new !== true)
      throw new UsageError(`There is no supplier "${wanted}".${nearest(wanted, all)}`);
    const given = text(options, 'country') ?? known?.country ?? '';
    const country = countryOf(given);
    if (country === null) throw new UsageError(`--country takes two letters, such as GB, IE or US, not "${given}"`);
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
