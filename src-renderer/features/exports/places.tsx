import { useQuery } from '@tanstack/react-query';
import { formatCount } from '../../../src-shared/format/number.ts';
import { api } from '../../data/client.ts';
import { go, useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { openInvoiceForm } from './invoice-form.tsx';
import css from './places.module.css';

const places = [
  { to: '/exports', word: 'Review', words: 'lines queue triage' },
  { to: '/exports/duplicates', word: 'Duplicates', words: 'same twice merge' },
  { to: '/exports/batches', word: 'Batches', words: 'posted verify pack' },
  { to: '/exports/imports', word: 'Imports', words: 'files refused rows undo import' },
  { to: '/exports/vat', word: 'VAT and months', words: 'return boxes lock close period threshold registration' },
  { to: '/exports/insight', word: 'Insight', words: 'cost per wedding vendor feature season year charts' },
  { to: '/exports/suppliers', word: 'Suppliers', words: 'vendor issuer country vat number establishment' },
  { to: '/exports/rules', word: 'Rules', words: 'category learn' },
  { to: '/exports/schedules', word: 'Schedules', words: 'every first automatic history' },
] as const;

/** The places of the finance desk, one press apart, with what needs a person. */
export function Places() {
  const organisationId = useOrganisationId();
  const { path } = useAddress();
  const summary = useQuery(api.exports.summary.queryOptions({ input: { organisationId } }));
  const duplicates = useQuery(api.desk.duplicates.queryOptions({ input: { organisationId } }));
  const counts: Readonly<Record<string, number | undefined>> = {
    '/exports': summary.data?.review,
    '/exports/duplicates': duplicates.data?.open.length,
  };
  const here = places.findLast(({ to }) => path === to || path.startsWith(`${to}/`))?.to;
  useCommands([
    ...places.map(({ to, word, words }) => ({
      id: `go ${to} place`,
      title: `Exports: ${word}`,
      group: 'Go to',
      words,
      run: () => go(to),
    })),
    {
      id: 'type-invoice',
      title: 'Type in an invoice…',
      group: 'Exports',
      keys: ['i'],
      words: 'hand enter manual bill receipt',
      run: openInvoiceForm,
    },
  ]);
  return (
    <nav className={css.places} aria-label="Finance desk">
      {places.map(({ to, word }) => (
        <a key={to} href={`#${to}`} aria-current={to === here ? 'page' : undefined}>
          {word}
          {(counts[to] ?? 0) > 0 && (
            <span className={css.count}>
              {formatCount(counts[to] ?? 0)}
              <span className="visually-hidden"> need you</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
