import { z } from 'zod';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import type { Account } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import type { Xero } from './client.ts';
import type { XeroContext } from './kit.ts';
import { apiUrl, connectionsUrl, quirks } from './quirks.ts';

const Organisations = z.object({
  Organisations: z
    .array(
      z.object({
        Name: z.string(),
        Version: z.string().default(''),
        BaseCurrency: z.string().default(''),
        CountryCode: z.string().default(''),
        IsDemoCompany: z.boolean().default(false),
        PaysTax: z.boolean().default(true),
        SalesTaxBasis: z.string().default(''),
        TaxNumber: z.string().default(''),
        PeriodLockDate: z.string().optional(),
        EndOfYearLockDate: z.string().optional(),
      }),
    )
    .min(1),
});
export type XeroOrganisation = z.output<typeof Organisations>['Organisations'][number];

const Connections = z.array(
  z.object({
    id: z.string(),
    tenantId: z.string(),
    tenantType: z.string(),
    tenantName: z.string().nullable().default(''),
    updatedDateUtc: z.string().default(''),
  }),
);

/** What this sign-in reaches; needs no chosen organisation and none of its calls. */
export async function connections(ctx: XeroContext): Promise<z.output<typeof Connections>> {
  const reply = await ctx.http.send({
    method: 'GET',
    url: connectionsUrl,
    headers: { accept: 'application/json' },
    signal: ctx.signal,
  });
  if (reply.status !== 200) throw failureOf(reply, quirks);
  return Connections.parse(reply.json ?? []);
}

export async function organisation(xero: Xero): Promise<XeroOrganisation> {
  const { Organisations: found } = await xero.read('/Organisation', Organisations);
  const [first] = found;
  if (!first) throw new Error('unreachable: the list has at least one');
  return first;
}

/** Why these books cannot take our bills; null when they can. */
export function unsuitable(books: Pick<XeroOrganisation, 'Version' | 'CountryCode' | 'BaseCurrency'>): string | null {
  if (books.Version.startsWith('UK') && books.CountryCode === 'GB' && books.BaseCurrency === 'GBP') return null;
  return `not UK books (${[books.CountryCode, books.BaseCurrency].filter((one) => one !== '').join(', ')})`;
}

/** Company files only, newest sign-in first; a partner's practice is no company file (1.1). */
export async function accounts(ctx: XeroContext): Promise<Account[]> {
  const reached = (await connections(ctx))
    .filter((one) => one.tenantType === 'ORGANISATION')
    .sort((a, b) => b.updatedDateUtc.localeCompare(a.updatedDateUtc));
  const seen = new Map<string, Account>();
  for (const one of reached) {
    if (seen.has(one.tenantId)) continue;
    seen.set(one.tenantId, { id: one.tenantId, name: one.tenantName ?? '', detail: await detailOf(one.tenantId, ctx) });
  }
  return [...seen.values()];
}

/** One company that cannot be read must not hide the others. */
async function detailOf(tenantId: string, ctx: XeroContext): Promise<string> {
  try {
    const reply = await ctx.http.send({
      method: 'GET',
      url: `${apiUrl}/Organisation`,
      headers: { accept: 'application/json', 'xero-tenant-id': tenantId },
      signal: ctx.signal,
    });
    const [books] = Organisations.safeParse(reply.json).data?.Organisations ?? [];
    if (reply.status !== 200 || !books) return 'could not be read';
    const problem = unsuitable(books);
    if (problem !== null) return `Cannot be used: ${problem}`;
    return ['UK', 'GBP', books.TaxNumber, books.IsDemoCompany ? 'demo company' : '']
      .filter((one) => one !== '')
      .join(' · ');
  } catch (error) {
    if (error instanceof IntegrationError) return 'could not be read';
    throw error;
  }
}

/** `/Date(ms+0000)/` -> `YYYY-MM-DD`. */
function dayOf(text: string | undefined): string | null {
  const ms = /\/Date\((-?\d+)/.exec(text ?? '')?.[1];
  return ms === undefined ? null : new Date(Number(ms)).toISOString().slice(0, 10);
}

/** The later of the two lock dates. */
export function lockedUntil(books: XeroOrganisation): string | null {
  const days = [dayOf(books.PeriodLockDate), dayOf(books.EndOfYearLockDate)].filter((day) => day !== null);
  return days.sort().at(-1) ?? null;
}
