import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

type Map = ContractOutputs['settings']['ledgerMap'];

/** Which tax code and which account of the ledger our treatments and categories become; a person confirms it. */
export function LedgerMap({ organisationId, system }: { organisationId: string; system: string }) {
  const query = useQuery(api.settings.ledgerMap.queryOptions({ input: { organisationId, system }, retry: false }));
  if (query.error && !query.data)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeletons rows={4} label={words.reading} />;
  return <MapForm key={query.data.readAt ?? ''} organisationId={organisationId} system={system} map={query.data} />;
}

function MapForm({ organisationId, system, map }: { organisationId: string; system: string; map: Map }) {
  const [taxes, setTaxes] = useState<Record<string, string>>(() =>
    chosen(map.taxes.map((tax) => [tax.treatment, tax.code])),
  );
  const [accounts, setAccounts] = useState<Record<string, string>>(() =>
    chosen(map.accounts.map((account) => [account.category, account.code])),
  );
  const open = map.taxes.filter((tax) => !tax.confirmed).length;
  return (
    <Section
      title="Ledger map"
      aside={
        map.readAt && (
          <span className={css.muted}>
            Read <Instant at={map.readAt} />
          </span>
        )
      }
    >
      <p className={css.muted}>{words.mapHint}</p>
      <ActFields call="settings.confirmLedgerMap">
        <PlainTable
          label="Tax codes"
          head={[
            { text: 'Our treatment' },
            { text: 'Code in the ledger' },
            { text: 'Rate', right: true },
            { text: 'State' },
          ]}
        >
          {map.taxes.map((tax) => (
            <tr key={tax.treatment}>
              <th scope="row">{tax.label || tax.treatment}</th>
              <td>
                <Select
                  aria-label={`Code for ${tax.label || tax.treatment}`}
                  data={tax.candidates.map(({ code, label }) => ({ value: code, label: `${code} · ${label}` }))}
                  value={taxes[tax.treatment] ?? null}
                  placeholder="Choose"
                  onChange={(code) => code && setTaxes({ ...taxes, [tax.treatment]: code })}
                />
              </td>
              <td data-right>{tax.rate}</td>
              <td>
                {tax.confirmed ? (
                  <Status shape="tick" tone="ok">
                    Confirmed
                  </Status>
                ) : (
                  <Status shape="diamond" tone="warning">
                    To confirm
                  </Status>
                )}
              </td>
            </tr>
          ))}
        </PlainTable>
        <PlainTable label="Accounts" head={[{ text: 'Our category' }, { text: 'Account in the ledger' }]}>
          {map.accounts.map((account) => (
            <tr key={account.category}>
              <th scope="row">{account.label || account.category}</th>
              <td>
                <Select
                  aria-label={`Account for ${account.category}`}
                  searchable
                  data={account.candidates.map(({ code, label }) => ({ value: code, label: `${code} · ${label}` }))}
                  value={accounts[account.category] ?? null}
                  placeholder="Choose"
                  onChange={(code) => code && setAccounts({ ...accounts, [account.category]: code })}
                />
              </td>
            </tr>
          ))}
        </PlainTable>
      </ActFields>
      <div className={css.row}>
        <ActButton
          call="settings.confirmLedgerMap"
          onClick={() =>
            void attempt(() => client.settings.confirmLedgerMap({ organisationId, system, taxes, accounts }))
          }
        >
          Confirm the map
        </ActButton>
        {open > 0 && <span className={css.muted}>{formatCounted(open, 'code waits', 'codes wait')} for a person.</span>}
      </div>
    </Section>
  );
}

function chosen(entries: readonly (readonly [string, string | null])[]): Record<string, string> {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}
