/** One charge of the journey's cost export. Invented by us: issuers, accounts and amounts. */
interface Charge {
  readonly issuer: string;
  readonly account: string;
  readonly invoice: string;
  readonly service: string;
  readonly cost: string;
  readonly category?: 'Usage' | 'Tax';
}

const headers = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeDescription',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'InvoiceId',
  'InvoiceIssuerName',
  'ProviderName',
  'ServiceName',
  'ResourceId',
];

/**
 * A FOCUS 1.2 export for October 2026: four issuers, charges with fractions of a penny, and two rows nobody can read. Line 1 is the header.
 */
export function financeFile(): string {
  const rows = charges().map((charge, index) => cells(charge, index));
  // Of an invoice of their own: what else there was of it would wait for a person.
  rows.push(
    cells(
      { issuer: 'Northwind Models Ltd', account: 'nw-1', invoice: 'NW-2026-10-B', service: 'Chat model', cost: 'abc' },
      9001,
    ),
  );
  rows.push(
    cells(
      { issuer: 'Northwind Models Ltd', account: 'nw-1', invoice: 'NW-2026-10-B', service: 'Chat model', cost: '1.00' },
      9002,
    ).map((cell, column) => (headers[column] === 'BillingCurrency' ? '' : cell)),
  );
  return [headers, ...rows].map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\r\n');
}

/** The two unreadable rows, as the file viewer would number them. */
export const refusedRows = 2;

function charges(): Charge[] {
  const small = Array.from(
    { length: 400 },
    (_, index): Charge => ({
      issuer: 'Northwind Models Ltd',
      account: 'nw-1',
      invoice: 'NW-2026-10',
      service: index % 2 === 0 ? 'Chat model' : 'Embeddings',
      // 400 charges of fractions of a penny; their exact sum is 100.00.
      cost: index % 2 === 0 ? '0.2500125' : '0.2499875',
    }),
  );
  return [
    ...small,
    {
      issuer: 'Northwind Models Ltd',
      account: 'nw-1',
      invoice: 'NW-2026-10',
      service: 'Tax',
      cost: '20.00',
      category: 'Tax',
    },
    { issuer: 'Larkspur Cloud UK', account: 'lc-7', invoice: 'LC-55810', service: 'Compute', cost: '310.40' },
    { issuer: 'Larkspur Cloud UK', account: 'lc-7', invoice: 'LC-55810', service: 'Storage', cost: '29.60' },
    {
      issuer: 'Larkspur Cloud UK',
      account: 'lc-7',
      invoice: 'LC-55810',
      service: 'Tax',
      cost: '68.00',
      category: 'Tax',
    },
    { issuer: 'Fernhill Analytics Inc', account: 'fh-2', invoice: 'FH-1009', service: 'Dashboards', cost: '145.00' },
    { issuer: 'Osier Media Ltd', account: 'os-4', invoice: 'OS-77', service: 'Image hosting', cost: '48.00' },
    { issuer: 'Osier Media Ltd', account: 'os-4', invoice: 'OS-78', service: 'Image hosting', cost: '12.00' },
  ];
}

function cells({ issuer, account, invoice, service, cost, category = 'Usage' }: Charge, index: number): string[] {
  const value: Record<string, string> = {
    BilledCost: cost,
    BillingAccountId: account,
    BillingAccountName: `Bluebell ${account}`,
    BillingCurrency: 'GBP',
    BillingPeriodStart: '2026-10-01T00:00:00Z',
    BillingPeriodEnd: '2026-11-01T00:00:00Z',
    ChargeCategory: category,
    ChargeDescription: `${service}, October`,
    ChargePeriodStart: '2026-10-01T00:00:00Z',
    ChargePeriodEnd: '2026-11-01T00:00:00Z',
    InvoiceId: invoice,
    InvoiceIssuerName: issuer,
    ProviderName: issuer,
    ServiceName: service,
    ResourceId: `resource-${index}`,
  };
  return headers.map((header) => value[header] ?? '');
}
