import type { SandboxWorld } from '../../../sandbox/kit.ts';

export interface RefDoc {
  value: string;
  name?: string;
  type?: string;
}
export interface TaxRateDoc {
  Id: string;
  Name: string;
  Active: boolean;
  RateValue: number;
  SpecialTaxType: 'NONE' | 'ZERO_RATE' | 'REVERSE_CHARGE';
  EffectiveTaxRate: { RateValue: number; EffectiveDate: string; EndDate?: string }[];
}
export interface TaxCodeDoc {
  Id: string;
  Name: string;
  Active: boolean;
  Hidden: boolean;
  Taxable: boolean;
  TaxGroup: boolean;
  PurchaseTaxRateList: { TaxRateDetail: { TaxRateRef: RefDoc; TaxTypeApplicable: string; TaxOrder: number }[] };
  SalesTaxRateList: { TaxRateDetail: { TaxRateRef: RefDoc; TaxTypeApplicable: string; TaxOrder: number }[] };
  TaxCodeConfigType: 'SYSTEM_GENERATED' | 'USER_DEFINED';
  SyncToken: string;
}
export interface AccountDoc {
  Id: string;
  Name: string;
  FullyQualifiedName: string;
  AcctNum: string;
  Active: boolean;
  Classification: 'Asset' | 'Equity' | 'Expense' | 'Liability' | 'Revenue';
  AccountType: string;
  CurrencyRef: RefDoc;
}

/** Everything one company is set up with. */
export interface Books {
  realmId: string;
  companyName: string;
  country: string;
  homeCurrency: string;
  usingSalesTax: boolean;
  multiCurrency: boolean;
  bookCloseDate: string | null;
  /** The subscription lapsed: every call is refused. */
  lapsed: boolean;
  taxRates: TaxRateDoc[];
  taxCodes: TaxCodeDoc[];
  accounts: AccountDoc[];
  /** Customers and employees: their names count against suppliers' names. */
  otherNames: string[];
}

export interface Company {
  readonly realmId: string;
  readonly name: string;
  readonly country: 'GB' | 'IE';
}

/** What a practice sign-in may be for: our books, and books of another country. */
export const companies: readonly [Company, ...Company[]] = [
  { realmId: '9341450000000001', name: 'Bluebell & Co (sample)', country: 'GB' },
  { realmId: '9341450000000002', name: 'Bluebell Ireland (sample)', country: 'IE' },
];

/** Currencies this vendor knows, as far as practice goes. */
export const knownCurrencies = new Set(['GBP', 'USD', 'EUR', 'AUD', 'CAD', 'CHF', 'DKK', 'JPY', 'NOK', 'NZD', 'SEK']);
/** Its own pounds for one foreign unit, used when a client sends no rate: never the one HMRC published. */
export const ownRates: Readonly<Record<string, number>> = { USD: 0.762345, EUR: 0.870388, SEK: 0.078901 };

function rate(Id: string, Name: string, percent: number, special: TaxRateDoc['SpecialTaxType'] = 'NONE'): TaxRateDoc {
  return {
    Id,
    Name,
    Active: true,
    RateValue: percent,
    SpecialTaxType: special,
    EffectiveTaxRate: [{ RateValue: percent, EffectiveDate: '2011-01-04T00:00:00+00:00' }],
  };
}

function code(
  Id: string,
  Name: string,
  purchase: readonly string[],
  sales: readonly string[],
  hidden = false,
): TaxCodeDoc {
  const list = (ids: readonly string[]) => ({
    TaxRateDetail: ids.map((value, TaxOrder) => ({
      TaxRateRef: { value },
      TaxTypeApplicable: 'TaxOnAmount',
      TaxOrder,
    })),
  });
  return {
    Id,
    Name,
    Active: true,
    Hidden: hidden,
    Taxable: true,
    TaxGroup: true,
    PurchaseTaxRateList: list(purchase),
    SalesTaxRateList: list(sales),
    TaxCodeConfigType: 'SYSTEM_GENERATED',
    SyncToken: '0',
  };
}

/** A UK company (accounting notes 2.4). Sales and purchases behind one code are two rates. */
const ukRates = (): TaxRateDoc[] => [
  rate('1', '20.0% S (Sales)', 20),
  rate('2', '20.0% S (Purchases)', 20),
  rate('3', '5.0% R (Sales)', 5),
  rate('4', '5.0% R (Purchases)', 5),
  rate('5', '0.0% Z (Sales)', 0, 'ZERO_RATE'),
  rate('6', '0.0% Z (Purchases)', 0, 'ZERO_RATE'),
  rate('7', 'Exempt (Purchases)', 0),
  rate('8', 'No VAT (Purchases)', 0),
  rate('9', '20.0% RC SG (Purchases)', 20, 'REVERSE_CHARGE'),
  rate('10', '20.0% RC SG (Self-accounted)', -20, 'REVERSE_CHARGE'),
  rate('11', '20.0% RC CIS (Purchases)', 20, 'REVERSE_CHARGE'),
  rate('12', '20.0% RC CIS (Self-accounted)', -20, 'REVERSE_CHARGE'),
  rate('13', '20.0% RC MPCCs (Purchases)', 20, 'REVERSE_CHARGE'),
  rate('14', '20.0% RC MPCCs (Self-accounted)', -20, 'REVERSE_CHARGE'),
  {
    ...rate('15', '17.5% S (Purchases)', 17.5),
    EffectiveTaxRate: [
      { RateValue: 17.5, EffectiveDate: '1991-04-01T00:00:00+00:00', EndDate: '2011-01-03T00:00:00+00:00' },
    ],
  },
];

/** The construction code stands before the services one, and is not ours all the same. */
const ukCodes = (): TaxCodeDoc[] => [
  code('31', '20.0% S', ['2'], ['1']),
  code('32', '5.0% R', ['4'], ['3']),
  code('33', '0.0% Z', ['6'], ['5']),
  code('34', 'Exempt', ['7'], ['7']),
  code('35', 'No VAT', ['8'], ['8']),
  code('36', '20.0% RC CIS', ['11', '12'], ['1']),
  code('37', '20.0% RC MPCCs', ['13', '14'], ['1']),
  code('38', '20.0% RC SG', ['9', '10'], []),
  code('39', '17.5% S', ['15'], []),
  code('40', '20.0% ECS', ['9', '10'], [], true),
];

function accountsOf(currency: string): AccountDoc[] {
  const of = (
    Id: string,
    AcctNum: string,
    Name: string,
    Classification: AccountDoc['Classification'],
    AccountType: string,
    Active = true,
  ): AccountDoc => ({
    Id,
    Name,
    FullyQualifiedName: Name,
    AcctNum,
    Active,
    Classification,
    AccountType,
    CurrencyRef: { value: currency },
  });
  return [
    of('79', '4000', 'Sales', 'Revenue', 'Income'),
    of('80', '5000', 'Cost of sales', 'Expense', 'Cost of Goods Sold'),
    of('81', '6100', 'Advertising', 'Expense', 'Expense'),
    of('82', '6200', 'Office expenses', 'Expense', 'Expense'),
    of('83', '6300', 'Legal and professional fees', 'Expense', 'Expense'),
    of('88', '6400', 'Cloud and AI services', 'Expense', 'Expense'),
    of('89', '6410', 'Software and subscriptions', 'Expense', 'Expense'),
    of('90', '6499', 'Old software costs', 'Expense', 'Expense', false),
    of('91', '2100', 'Creditors', 'Liability', 'Accounts Payable'),
    of('92', '1200', 'Company card', 'Liability', 'Credit Card'),
  ];
}

function freshBooks({ realmId, name, country }: Company): Books {
  const uk = country === 'GB';
  return {
    realmId,
    companyName: name,
    country,
    homeCurrency: uk ? 'GBP' : 'EUR',
    usingSalesTax: true,
    multiCurrency: true,
    bookCloseDate: '2024-03-31',
    lapsed: false,
    taxRates: uk ? ukRates() : [rate('1', '23.0% S (Purchases)', 23)],
    taxCodes: uk ? ukCodes() : [code('31', '23.0% S', ['1'], ['1'])],
    accounts: accountsOf(uk ? 'GBP' : 'EUR'),
    otherNames: ['Hawthorn Weddings Ltd'],
  };
}

/** The company; as new on first sight. null: no such company. */
export function booksOf(world: SandboxWorld, realmId: string): Books | null {
  const known = world.documents<Books>('books').get(realmId);
  if (known) return known;
  const company = companies.find((one) => one.realmId === realmId);
  return company ? freshBooks(company) : null;
}

export function saveBooks(world: SandboxWorld, books: Books): void {
  world.documents<Books>('books').put(books.realmId, books);
}
