import type { z } from 'zod';
import type { settings } from '../../../src-shared/contract/settings.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { treatments } from '../../../src-shared/domain/vat/tax-codes.ts';
import type { LedgerReference } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import {
  type LedgerMapRow,
  listLedgerMap,
  saveLedgerMapRow,
  usedCategories,
} from '../../store/repositories/ledger-map.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { LedgerBooks, Ledgers } from '../exports/ledgers.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';
import type { Contexts } from './contexts.ts';

type LedgerMap = z.infer<NonNullable<(typeof settings.ledgerMap)['~orpc']['outputSchema']>>;

/** The last two treatments never leave the console, so they have no code anywhere. */
const exported = treatments.filter((one) => one !== 'needs_supplier_correction' && one !== 'unclassified');
/** Stands for every category that is not named. */
const otherwise = '';

/** As long as somebody may look at proposed codes before confirming them. */
const SHOWN_MS = 60_000;

export interface LedgerMaps extends Ledgers {
  /** Ours beside the ledger's, read from it now, with what may be chosen. */
  map(organisationId: string, system: string): Promise<LedgerMap>;
  /** Keeps a person's choices; only codes the ledger offers at this moment. Returns how many were kept. */
  confirm(
    organisationId: string,
    system: string,
    choice: { readonly taxes: Readonly<Record<string, string>>; readonly accounts: Readonly<Record<string, string>> },
    by: Asker,
  ): Promise<number>;
}

export function createLedgerMaps(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly contexts: Contexts;
  readonly organisations: Pick<Organisations, 'requireRole'>;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
}): LedgerMaps {
  const { store, runtime, contexts, organisations, audit, events } = deps;

  /** What a person was last shown of each ledger, and from which books. */
  const shown = new Map<string, { readonly reference: LedgerReference; readonly books: string; readonly at: number }>();

  /** `asShown`: what is confirmed is what was looked at a moment ago, so the ledger is not asked twice. */
  async function referenceOf(organisationId: string, system: string, asShown = false): Promise<LedgerReference> {
    const adapter = contexts.adapterOf(system);
    if (!adapter.reference) throw refused({ happened: `${adapter.manifest.name} is not a ledger.` });
    const context = await contexts.contextOf(organisationId, system, new AbortController().signal);
    const key = `${organisationId}/${system}`;
    const books = context.account?.id ?? '';
    const known = shown.get(key);
    const at = runtime.clock.now();
    if (asShown && known?.books === books && at - known.at < SHOWN_MS) return known.reference;
    const reference = await adapter.reference(context);
    shown.set(key, { reference, books, at });
    return reference;
  }

  async function read(organisationId: string, system: string) {
    const reference = await referenceOf(organisationId, system);
    const rows = await listLedgerMap(store.read, organisationId, system);
    const stored = (kind: LedgerMapRow['kind'], ours: string) =>
      rows.find((row) => row.kind === kind && row.ours === ours) ?? null;
    return { reference, rows, stored };
  }

  return {
    async map(organisationId, system) {
      const { reference, rows, stored } = await read(organisationId, system);
      const used = await usedCategories(store.read, organisationId);
      const named = rows.filter((row) => row.kind === 'account').map((row) => row.ours);
      const categories = [otherwise, ...[...new Set([...used, ...named])].filter((one) => one !== otherwise).sort()];
      return {
        taxes: exported.map((treatment) => {
          const row = stored('tax', treatment);
          const confirmed = row !== null && unchangedTax(row, reference);
          const code = row?.code ?? reference.proposedTaxes[treatment] ?? null;
          const offered = reference.taxes.find((tax) => tax.code === code);
          return {
            treatment,
            code: offered ? code : null,
            label: offered?.label ?? row?.label ?? '',
            rate: offered?.rate ?? row?.rate ?? '',
            confirmed,
            candidates: [...reference.taxes],
          };
        }),
        accounts: categories.map((category) => {
          const row = stored('account', category);
          const code = row?.code ?? (category === otherwise ? reference.proposedAccount : null);
          const offered = reference.accounts.find((account) => account.code === code);
          return {
            category,
            code: offered ? code : null,
            label: offered?.label ?? row?.label ?? '',
            candidates: [...reference.accounts],
          };
        }),
        readAt: isoOf(runtime.clock.now()),
      };
    },

    async confirm(organisationId, system, choice, by) {
      const person = await organisations.requireRole(organisationId, by.personId, [
        'admin',
        'finance_preparer',
        'finance_approver',
      ]);
      const reference = await referenceOf(organisationId, system, true);
      const base = {
        organisation_id: organisationId,
        system,
        confirmed_by: person.id,
        confirmed_at: runtime.clock.now(),
      };
      const taxes = Object.entries(choice.taxes).map(([treatment, code]) => {
        const tax = reference.taxes.find((one) => one.code === code);
        if (!exported.some((one) => one === treatment) || !tax) throw noSuchCode(treatment, code);
        return { ...base, kind: 'tax' as const, ours: treatment, code, label: tax.label, rate: tax.rate };
      });
      const accounts = Object.entries(choice.accounts).map(([category, code]) => {
        const account = reference.accounts.find((one) => one.code === code);
        if (!account) throw noSuchCode(category, code);
        return { ...base, kind: 'account' as const, ours: category, code, label: account.label, rate: null };
      });
      const kept = [...taxes, ...accounts];
      await store.transaction(async (tx, after) => {
        for (const row of kept) await saveLedgerMapRow(tx, row);
        await audit(tx, {
          organisationId,
          actor: `person:${person.id}`,
          channel: by.channel,
          correlationId: by.correlationId,
          action: 'ledger_map.confirmed',
          object: `connection:${system}`,
          after: choice,
        });
        after(() => events.publish({ topic: 'connections', organisationId, ids: [system] }));
      });
      return kept.length;
    },

    async entries(organisationId, system, days) {
      const context = await contexts.contextOf(organisationId, system, new AbortController().signal);
      return (await contexts.adapterOf(system).entries?.(context, days)) ?? [];
    },

    async books(organisationId, system): Promise<LedgerBooks> {
      const { reference, rows, stored } = await read(organisationId, system);
      const taxes = exported.map((treatment) => {
        const row = stored('tax', treatment);
        return [treatment, row !== null && unchangedTax(row, reference) ? row.code : null] as const;
      });
      const accounts = rows
        .filter((row) => row.kind === 'account')
        .map((row) => [row.ours, reference.accounts.some(({ code }) => code === row.code) ? row.code : null] as const);
      return { taxes: Object.fromEntries(taxes), accounts: Object.fromEntries(accounts), reference };
    },
  };
}

/** A code that was renamed, re-rated or removed there must be confirmed again (MAP-TAX). */
function unchangedTax(row: LedgerMapRow, reference: LedgerReference): boolean {
  return reference.taxes.some((tax) => tax.code === row.code && tax.label === row.label && tax.rate === row.rate);
}

function noSuchCode(ours: string, code: string) {
  return refused({
    happened: `The ledger offers no code "${code}" for "${ours}".`,
    means: 'Nothing was confirmed.',
    remedy: 'Read the codes again and choose one of them.',
  });
}
