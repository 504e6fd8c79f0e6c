import type { Vendor } from '../../../src-shared/contract/crm.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { vendorKey } from '../../../src-shared/domain/value/usage-record.ts';
import { vendorKeyName } from '../../adapters/kit/crm.ts';
import {
  type CrmName,
  getMapping,
  listMappings,
  type MappingRow,
  putMapping,
  removeMapping,
} from '../../store/repositories/crm.ts';
import {
  getVendor,
  listVendors,
  putVendor,
  putVendorAlias,
  repointVendors,
  type VendorRow,
  vendorAliases,
} from '../../store/repositories/usage.ts';
import { freeId } from '../organisations/shapes.ts';
import { notFound, refused } from '../problem.ts';
import { createClientHooks, watchedKey } from './client-hooks.ts';
import { type Actor, adapterOf, type CrmParts } from './parts.ts';
import { suggestionsFor } from './suggestions.ts';

const isoOrNull = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** Vendors, the CRMs they use, and whom an unknown name may mean. */
export function createDirectory(parts: CrmParts) {
  const { store, runtime, audit, publish } = parts;
  const hooks = createClientHooks(parts);

  async function vendorRow(organisationId: string, id: string): Promise<VendorRow> {
    const row = await getVendor(store.read, organisationId, id);
    if (!row) throw notFound({ happened: 'There is no such vendor.', remedy: 'Choose one of the directory.' });
    return row;
  }

  async function views(organisationId: string): Promise<Vendor[]> {
    const [vendors, mappings, secrets] = await Promise.all([
      listVendors(store.read, organisationId),
      listMappings(store.read, organisationId),
      parts
        .secretsOf(organisationId)
        .then((held) => held.list(organisationId))
        .catch(() => []),
    ]);
    const keys = new Set(secrets.map(({ system, name }) => `${system} ${name}`));
    const known = vendors.filter(({ state, same_as }) => state === 'confirmed' && same_as === null);
    return vendors.map((vendor) => ({
      id: vendor.id,
      name: vendor.name,
      email: vendor.email,
      state: vendor.state,
      sameAs: vendor.same_as,
      mappings: mappings
        .filter(({ vendor_id }) => vendor_id === vendor.id)
        .map((mapping) => mappingView(mapping, keys.has(`${mapping.crm} ${vendorKeyName(vendor.id)}`))),
      suggestions: vendor.state === 'asked' ? suggestionsFor(vendor, known) : [],
    }));
  }

  async function view(organisationId: string, id: string): Promise<Vendor> {
    const found = (await views(organisationId)).find((vendor) => vendor.id === id);
    if (!found) throw notFound({ happened: 'There is no such vendor.' });
    return found;
  }

  async function change(
    organisationId: string,
    actor: Actor,
    entry: { action: string; object: string; after?: unknown; reason?: string },
    work: (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) => Promise<void>,
  ): Promise<void> {
    await store.transaction(async (tx, after) => {
      await work(tx);
      const { actor: who, channel, correlationId } = actor;
      await audit(tx, { organisationId, actor: who, channel, correlationId, ...entry });
      after(() => publish({ topic: 'crm', organisationId, ids: [] }));
    });
  }

  /** Whose usage counts as another's has none of their own: their CRM would be told nought. */
  async function refuseMapped(organisationId: string, rows: readonly VendorRow[]): Promise<void> {
    const ids = new Map(rows.map(({ id, name }) => [id, name]));
    const mapped = (await listMappings(store.read, organisationId)).find(({ vendor_id }) => ids.has(vendor_id));
    if (!mapped) return;
    throw refused({
      happened: `${ids.get(mapped.vendor_id)} uses ${adapterOf(parts, mapped.crm)?.manifest.name ?? mapped.crm} here.`,
      remedy: 'Take that away first, and give it to the other vendor where it is theirs.',
    });
  }

  /** Without keys of their own vendors share the one of the settings, and a key may be one vendor's account. */
  async function refuseShared(organisationId: string, vendorId: string, crm: CrmName): Promise<void> {
    const adapter = adapterOf(parts, crm);
    if (adapter?.oneVendorAKey !== true) return;
    const all = await views(organisationId);
    const keyless = all.filter(({ mappings }) => mappings.some((one) => one.crm === crm && !one.hasKey));
    const [other] = keyless.filter(({ id }) => id !== vendorId);
    const own = all.find(({ id }) => id === vendorId)?.mappings.find((one) => one.crm === crm);
    if (!other || own !== undefined) return;
    throw refused({
      happened: `${other.name} has no key of its own for ${adapter.manifest.name} either.`,
      means: 'The key of the settings opens one account: the figures of both would be written into it.',
      remedy: 'Enter the key of this vendor’s own account with it.',
    });
  }

  return {
    vendors: views,
    vendor: view,

    /** Finds a vendor by id, e-mail, name or any alias; null when nobody is called that. */
    async find(organisationId: string, ref: string): Promise<VendorRow | null> {
      const id = (await vendorAliases(store.read, organisationId))[vendorKey(ref)] ?? ref;
      const row = await getVendor(store.read, organisationId, id);
      if (!row) return null;
      return row.same_as === null ? row : vendorRow(organisationId, row.same_as);
    },

    async saveVendor(
      organisationId: string,
      wish: {
        readonly id?: string | undefined;
        readonly name: string;
        readonly email: string;
        readonly aliases: readonly string[];
      },
      actor: Actor,
    ): Promise<Vendor> {
      const all = await listVendors(store.read, organisationId);
      const before = all.find(({ id }) => id === wish.id);
      const id = before?.id ?? wish.id ?? freeId(wish.name, new Set(all.map((one) => one.id)));
      const at = runtime.clock.now();
      await change(
        organisationId,
        actor,
        { action: 'vendor.saved', object: `vendor:${id}`, after: { ...wish, id } },
        async (tx) => {
          await putVendor(tx, {
            organisation_id: organisationId,
            id,
            name: wish.name,
            email: wish.email,
            state: 'confirmed',
            same_as: null,
            created_at: before?.created_at ?? at,
            updated_at: at,
          });
          for (const alias of new Set([id, wish.name, wish.email, ...wish.aliases].map(vendorKey))) {
            await putVendorAlias(tx, organisationId, alias, id);
          }
        },
      );
      return view(organisationId, id);
    },

    /** Answers, once, who the vendors of a file are: themselves, nobody we push for, or one we know. */
    async confirm(
      organisationId: string,
      wish: {
        readonly vendorIds: readonly string[];
        readonly as: 'new' | 'ignored' | 'same';
        readonly sameAs?: string | undefined;
      },
      actor: Actor,
    ): Promise<number> {
      const rows = await Promise.all(wish.vendorIds.map((id) => vendorRow(organisationId, id)));
      const other = wish.as === 'same' ? await vendorRow(organisationId, wish.sameAs ?? '') : null;
      if (other && (other.state !== 'confirmed' || other.same_as !== null || wish.vendorIds.includes(other.id))) {
        throw refused({ happened: 'A vendor can only be the same as another, confirmed one.' });
      }
      if (other) await refuseMapped(organisationId, rows);
      const at = runtime.clock.now();
      await change(
        organisationId,
        actor,
        { action: 'vendor.confirmed', object: `vendors:${rows.length}`, after: { ...wish } },
        async (tx) => {
          for (const row of rows) {
            await putVendor(tx, {
              ...row,
              state: wish.as === 'ignored' ? 'ignored' : 'confirmed',
              same_as: other?.id ?? null,
              updated_at: at,
            });
          }
          if (other && rows.length > 0) await repointVendors(tx, organisationId, wish.vendorIds, other.id);
        },
      );
      return rows.length;
    },

    /** Says which CRM a vendor uses, and keeps its own key for it in the secret store. */
    async map(
      organisationId: string,
      wish: {
        readonly vendorId: string;
        readonly crm: CrmName;
        readonly target: Readonly<Record<string, string>>;
        readonly key?: string | undefined;
      },
      actor: Actor,
    ): Promise<Vendor> {
      const { vendorId, crm, target, key } = wish;
      const vendor = await vendorRow(organisationId, vendorId);
      if (vendor.state !== 'confirmed' || vendor.same_as !== null) {
        throw refused({
          happened: `Nobody has said yet who "${vendor.name}" is.`,
          remedy: 'Confirm the vendor first.',
        });
      }
      const before = await getMapping(store.read, organisationId, vendorId, crm);
      const isOtherAccount = key !== undefined && key !== '';
      if (!isOtherAccount) await refuseShared(organisationId, vendorId, crm);
      if (isOtherAccount) {
        await hooks.unwatchIfAsked(organisationId, vendorId, crm, actor);
        const secrets = await parts.secretsOf(organisationId);
        await secrets.write({ organisationId, system: crm, name: vendorKeyName(vendorId) }, key.trim());
      }
      await change(
        organisationId,
        actor,
        {
          action: 'vendor.mapped',
          object: `vendor:${vendorId}`,
          after: { crm, target, keyChanged: key !== undefined },
        },
        async (tx) => {
          await putMapping(tx, {
            ...(before ?? unwritten),
            organisation_id: organisationId,
            vendor_id: vendorId,
            crm,
            target: JSON.stringify({ ...(isOtherAccount ? {} : remembered(before)), ...target }),
            confirmed_by: actor.name,
            confirmed_at: runtime.clock.now(),
          });
        },
      );
      if (isOtherAccount) await hooks.watchIfPossible(organisationId, vendorId, crm, actor);
      return view(organisationId, vendorId);
    },

    /** Asks the CRM to tell of this vendor's new clients (V7), or takes that back. */
    async watchClients(
      organisationId: string,
      { vendorId, crm, on }: { readonly vendorId: string; readonly crm: CrmName; readonly on: boolean },
      actor: Actor,
    ): Promise<Vendor> {
      await hooks.watch(organisationId, vendorId, crm, on, actor);
      return view(organisationId, vendorId);
    },

    /** Opens a window in which a vendor signs in to a CRM reached by its pages; the state goes to the secret store. */
    async signIn(
      organisationId: string,
      { vendorId, crm }: { readonly vendorId: string; readonly crm: CrmName },
      actor: Actor,
    ): Promise<Vendor> {
      const adapter = adapterOf(parts, crm);
      if (!(await getMapping(store.read, organisationId, vendorId, crm)))
        throw notFound({ happened: 'This vendor does not use that CRM here.', remedy: 'Map it first.' });
      if (!adapter?.vendorSignIn)
        throw refused({
          happened: `${adapter?.manifest.name ?? crm} has no pages to sign in to.`,
          remedy: 'Enter a key.',
        });
      const ctx = await parts.contextOf(organisationId, crm, AbortSignal.timeout(600_000));
      const state = await adapter.vendorSignIn(ctx).catch((thrown: unknown) => {
        if (!(thrown instanceof IntegrationError)) throw thrown;
        throw refused({ happened: thrown.message, remedy: thrown.detail.hint ?? 'Try again.' });
      });
      const secrets = await parts.secretsOf(organisationId);
      await secrets.write({ organisationId, system: crm, name: vendorKeyName(vendorId) }, state);
      const entry = { action: 'vendor.signed-in', object: `vendor:${vendorId}`, after: { crm } };
      await change(organisationId, actor, entry, async () => undefined);
      return view(organisationId, vendorId);
    },

    async unmap(organisationId: string, vendorId: string, crm: CrmName, actor: Actor): Promise<Vendor> {
      await hooks.unwatchIfAsked(organisationId, vendorId, crm, actor);
      await change(
        organisationId,
        actor,
        { action: 'vendor.unmapped', object: `vendor:${vendorId}`, after: { crm } },
        (tx) => removeMapping(tx, organisationId, vendorId, crm),
      );
      const secrets = await parts.secretsOf(organisationId);
      await secrets.forget({ organisationId, system: crm, name: vendorKeyName(vendorId) });
      return view(organisationId, vendorId);
    },

    /** Automatic pushes need a reason, and stop above their ceiling (V6). */
    async automatic(
      organisationId: string,
      wish: {
        readonly vendorId: string;
        readonly crm: CrmName;
        readonly on: boolean;
        readonly ceilingPercent: number;
        readonly why: string;
      },
      actor: Actor,
    ): Promise<Vendor> {
      const { vendorId, crm, on, ceilingPercent, why } = wish;
      const mapping = await getMapping(store.read, organisationId, vendorId, crm);
      if (!mapping) throw notFound({ happened: 'This vendor does not use that CRM here.', remedy: 'Map it first.' });
      if (on && why.trim() === '') {
        throw refused({ happened: 'Automatic pushes need a reason.', remedy: 'Say why; it is kept in the audit log.' });
      }
      await change(
        organisationId,
        actor,
        { action: 'vendor.automatic', object: `vendor:${vendorId}`, after: { crm, on, ceilingPercent }, reason: why },
        (tx) =>
          putMapping(tx, {
            ...mapping,
            automatic: Number(on),
            ceiling_percent: ceilingPercent,
            automatic_why: on ? why : '',
          }),
      );
      return view(organisationId, vendorId);
    },
  };
}

/** Kept while the vendor's account stays the same; another key may open another. */
const remembered = (mapping: MappingRow | undefined) =>
  mapping === undefined ? {} : (JSON.parse(mapping.target) as Record<string, string>);

const unwritten = {
  automatic: 0,
  ceiling_percent: 50,
  automatic_why: '',
  last_written: null,
  last_written_at: null,
  last_period: null,
};

function mappingView(mapping: MappingRow, hasKey: boolean): Vendor['mappings'][number] {
  return {
    crm: mapping.crm,
    target: JSON.parse(mapping.target) as Record<string, string>,
    automatic: mapping.automatic === 1,
    ceilingPercent: mapping.ceiling_percent,
    automaticWhy: mapping.automatic_why,
    hasKey,
    watchesClients: watchedKey in (JSON.parse(mapping.target) as object),
    lastPeriod: mapping.last_period,
    lastWrittenAt: isoOrNull(mapping.last_written_at),
  };
}
