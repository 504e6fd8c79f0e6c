import type { SandboxWorld } from '../../../sandbox/kit.ts';

/** One tax rate as Xero lists it. */
export interface TaxRateDoc {
  Name: string;
  TaxType: string;
  ReportTaxType: string;
  Status: 'ACTIVE' | 'DELETED' | 'ARCHIVED';
  CanApplyToAssets: boolean;
  CanApplyToEquity: boolean;
  CanApplyToExpenses: boolean;
  CanApplyToLiabilities: boolean;
  CanApplyToRevenue: boolean;
  DisplayTaxRate: number;
  EffectiveRate: number;
  TaxComponents: { Name: string; Rate: number; IsCompound: boolean; IsNonRecoverable: boolean }[];
}

export interface AccountDoc {
  AccountID: string;
  Code: string;
  Name: string;
  Type: string;
  Class: 'ASSET' | 'EQUITY' | 'EXPENSE' | 'LIABILITY' | 'REVENUE';
  Status: 'ACTIVE' | 'ARCHIVED';
  TaxType: string;
  SystemAccount?: string;
  EnablePaymentsToAccount: boolean;
  ShowInExpenseClaims: boolean;
  HasAttachments: boolean;
  UpdatedDateUTC: string;
}

interface OrganisationDoc {
  OrganisationID: string;
  Name: string;
  LegalName: string;
  PaysTax: boolean;
  Version: string;
  OrganisationType: string;
  BaseCurrency: string;
  CountryCode: string;
  IsDemoCompany: boolean;
  OrganisationStatus: string;
  TaxNumber: string;
  FinancialYearEndDay: number;
  FinancialYearEndMonth: number;
  SalesTaxBasis: string;
  SalesTaxPeriod: string;
  /** `/Date(ms+0000)/`; absent: nothing is locked. */
  PeriodLockDate?: string;
  EndOfYearLockDate?: string;
  CreatedDateUTC: string;
  ShortCode: string;
  Class: string;
  Edition: string;
}

/** Everything one company file is set up with. */
export interface Books {
  tenantId: string;
  organisation: OrganisationDoc;
  taxRates: TaxRateDoc[];
  accounts: AccountDoc[];
  currencies: { Code: string; Description: string }[];
}

export interface Tenant {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly tenantType: 'ORGANISATION' | 'PRACTICE';
  readonly version: 'UK' | 'GLOBAL';
}

/** What a practice sign-in reaches: our books, books of another country, and something that is no company at all. */
export const tenants: readonly [Tenant, ...Tenant[]] = [
  {
    tenantId: '5b1c2f6e-0a57-4d0e-9f6b-2f8f1f3f7a01',
    tenantName: 'Bluebell & Co (sample)',
    tenantType: 'ORGANISATION',
    version: 'UK',
  },
  {
    tenantId: '8e4a1d90-77c1-4a0c-8a55-61f6d1b5ce02',
    tenantName: 'Bluebell Ireland (sample)',
    tenantType: 'ORGANISATION',
    version: 'GLOBAL',
  },
  {
    tenantId: 'c90d4f3b-5f0e-4c56-b1a2-93c4a7b90d03',
    tenantName: 'Hawthorn Accountants (sample)',
    tenantType: 'PRACTICE',
    version: 'UK',
  },
];

/** `/Date(1555086839841+0000)/`, as Xero writes instants in JSON. */
export const xeroDate = (ms: number) => `/Date(${ms}+0000)/`;
export const xeroDay = (day: string) => xeroDate(Date.parse(`${day}T00:00:00Z`));

type Uses = Partial<Record<'assets' | 'expenses' | 'liabilities' | 'revenue', boolean>>;

function rate(name: string, taxType: string, reportTaxType: string, percent: number, uses: Uses): TaxRateDoc {
  return {
    Name: name,
    TaxType: taxType,
    ReportTaxType: reportTaxType,
    Status: 'ACTIVE',
    CanApplyToAssets: uses.assets ?? false,
    CanApplyToEquity: false,
    CanApplyToExpenses: uses.expenses ?? false,
    CanApplyToLiabilities: uses.liabilities ?? false,
    CanApplyToRevenue: uses.revenue ?? false,
    DisplayTaxRate: percent,
    EffectiveRate: percent,
    TaxComponents: [{ Name: 'VAT', Rate: percent, IsCompound: false, IsNonRecoverable: false }],
  };
}

const purchase: Uses = { expenses: true, assets: true };

/** A UK company file (accounting notes 1.4). The domestic reverse charge is there because this company added it. */
const ukTaxRates = (): TaxRateDoc[] => [
  rate('20% (VAT on Expenses)', 'INPUT2', 'INPUT', 20, purchase),
  rate('5% (VAT on Expenses)', 'RRINPUT', 'INPUT', 5, purchase),
  rate('Zero Rated Expenses', 'ZERORATEDINPUT', 'INPUT', 0, purchase),
  rate('Exempt Expenses', 'EXEMPTINPUT', 'INPUT', 0, purchase),
  rate('No VAT', 'NONE', 'NONE', 0, { expenses: true, assets: true, liabilities: true, revenue: true }),
  rate('Reverse Charge Expenses (20%)', 'REVERSECHARGES', 'REVERSECHARGES', 20, purchase),
  rate('Domestic Reverse Charge @ 20% (VAT on Expenses)', 'DRCHARGESUPPLY20', 'DRCHARGESUPPLY', 20, purchase),
  rate('Domestic Reverse Charge @ 20% (VAT on Income)', 'DRCHARGE20', 'DRCHARGE', 20, { revenue: true }),
  rate('20% (VAT on Capital Purchases)', 'CAPEXINPUT2', 'CAPEXINPUT', 20, { assets: true }),
  rate('VAT on Imports', 'GSTONIMPORTS', 'GSTONIMPORTS', 0, { liabilities: true }),
  rate('20% (VAT on Income)', 'OUTPUT2', 'OUTPUT', 20, { revenue: true }),
];

const globalTaxRates = (): TaxRateDoc[] => [
  rate('Tax on Purchases', 'INPUT', 'INPUT', 23, purchase),
  rate('Tax Exempt', 'NONE', 'NONE', 0, { expenses: true, assets: true, liabilities: true, revenue: true }),
];

function accountsOf(tenantId: string, taxType: string): AccountDoc[] {
  const of = (
    n: number,
    Code: string,
    Name: string,
    Type: string,
    Class: AccountDoc['Class'],
    more = {},
  ): AccountDoc => ({
    AccountID: `${tenantId.slice(0, 24)}${String(n).padStart(12, '0')}`,
    Code,
    Name,
    Type,
    Class,
    Status: 'ACTIVE',
    TaxType: Class === 'EXPENSE' ? taxType : 'NONE',
    EnablePaymentsToAccount: false,
    ShowInExpenseClaims: Class === 'EXPENSE',
    HasAttachments: false,
    UpdatedDateUTC: xeroDay('2021-04-02'),
    ...more,
  });
  return [
    of(1, '200', 'Sales', 'REVENUE', 'REVENUE'),
    of(2, '310', 'Cost of Goods Sold', 'DIRECTCOSTS', 'EXPENSE'),
    of(3, '400', 'Advertising & Marketing', 'OVERHEADS', 'EXPENSE'),
    of(4, '404', 'Bank Fees', 'OVERHEADS', 'EXPENSE', { TaxType: 'NONE' }),
    of(5, '429', 'General Expenses', 'OVERHEADS', 'EXPENSE'),
    of(6, '441', 'Legal Expenses', 'OVERHEADS', 'EXPENSE'),
    of(7, '463', 'IT Software and Consumables', 'OVERHEADS', 'EXPENSE'),
    of(8, '464', 'Cloud and AI Services', 'OVERHEADS', 'EXPENSE'),
    of(9, '489', 'Telephone & Internet', 'OVERHEADS', 'EXPENSE'),
    of(10, '499', 'Old Software Costs', 'OVERHEADS', 'EXPENSE', { Status: 'ARCHIVED' }),
    of(11, '720', 'Computer Equipment', 'FIXED', 'ASSET'),
    of(12, '800', 'Accounts Payable', 'CURRLIAB', 'LIABILITY', { SystemAccount: 'CREDITORS' }),
    of(13, '820', 'VAT', 'CURRLIAB', 'LIABILITY', { SystemAccount: 'GST' }),
    of(14, '860', 'Rounding', 'OVERHEADS', 'EXPENSE', { SystemAccount: 'ROUNDING' }),
  ];
}

function freshBooks(tenant: Tenant): Books {
  const uk = tenant.version === 'UK';
  return {
    tenantId: tenant.tenantId,
    organisation: {
      OrganisationID: tenant.tenantId,
      Name: tenant.tenantName,
      LegalName: tenant.tenantName,
      PaysTax: true,
      Version: tenant.version,
      OrganisationType: 'COMPANY',
      BaseCurrency: uk ? 'GBP' : 'EUR',
      CountryCode: uk ? 'GB' : 'IE',
      IsDemoCompany: false,
      OrganisationStatus: 'ACTIVE',
      TaxNumber: uk ? 'GB731884223' : 'IE6388047V',
      FinancialYearEndDay: 31,
      FinancialYearEndMonth: 3,
      SalesTaxBasis: uk ? 'ACCRUALS' : 'NONE',
      SalesTaxPeriod: 'QUARTERLY1',
      EndOfYearLockDate: xeroDay('2024-03-31'),
      CreatedDateUTC: xeroDay('2021-04-02'),
      ShortCode: uk ? '!bLu3b' : '!bL1re',
      Class: 'GROW',
      Edition: 'BUSINESS',
    },
    taxRates: uk ? ukTaxRates() : globalTaxRates(),
    accounts: accountsOf(tenant.tenantId, uk ? 'INPUT2' : 'INPUT'),
    currencies: [
      { Code: uk ? 'GBP' : 'EUR', Description: uk ? 'British Pound' : 'Euro' },
      { Code: 'USD', Description: 'United States Dollar' },
      ...(uk ? [{ Code: 'EUR', Description: 'Euro' }] : []),
    ],
  };
}

/** The company file; as new on first sight. null: no such tenant. */
export function booksOf(world: SandboxWorld, tenantId: string): Books | null {
  const known = world.documents<Books>('books').get(tenantId);
  if (known) return known;
  const tenant = tenants.find((one) => one.tenantId === tenantId);
  return tenant ? freshBooks(tenant) : null;
}

export function saveBooks(world: SandboxWorld, books: Books): void {
  world.documents<Books>('books').put(books.tenantId, books);
}

/** `YYYY-MM-DD` of the later of the two lock dates; null when nothing is locked. */
export function lockedUntil(books: Books): string | null {
  const days = [books.organisation.PeriodLockDate, books.organisation.EndOfYearLockDate]
    .map((text) => /\((\d+)/.exec(text ?? '')?.[1])
    .filter((ms) => ms !== undefined)
    .map((ms) => new Date(Number(ms)).toISOString().slice(0, 10));
  return days.sort().at(-1) ?? null;
}
