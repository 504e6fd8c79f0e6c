import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

const columns = [
  'AvailabilityZone',
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingAccountType',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'CapacityReservationId',
  'CapacityReservationStatus',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'CommitmentDiscountId',
  'CommitmentDiscountStatus',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'ContractedUnitPrice',
  'EffectiveCost',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'ListUnitPrice',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
] as const;

/** Writes a FOCUS 1.2 export of `rows` sub-penny charges, about 750 bytes each, over 40 invoices of two made-up vendors. */
export async function writeFocusFile(path: string, rows: number): Promise<void> {
  const out = createWriteStream(path);
  out.write(`${columns.join(',')}\n`);
  for (let index = 0; index < rows; index++) {
    if (!out.write(rowOf(index))) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

function rowOf(index: number): string {
  const vendor = index % 2 === 0 ? 'Nimbus Cloud Example Ltd' : 'Lumen Models Example Inc';
  const hour = String(index % 24).padStart(2, '0');
  const day = String((index % 28) + 1).padStart(2, '0');
  const cost = `0.${String((index * 7919) % 100_000_000).padStart(11, '0')}`;
  const values: Readonly<Record<string, string>> = {
    AvailabilityZone: 'eu-west-2b',
    BilledCost: cost,
    BillingAccountId: `1234567890${index % 10}`,
    BillingAccountName: 'WedSync practice account',
    BillingAccountType: 'Billing account',
    BillingCurrency: index % 2 === 0 ? 'GBP' : 'USD',
    BillingPeriodEnd: '2026-11-01T00:00:00Z',
    BillingPeriodStart: '2026-10-01T00:00:00Z',
    CapacityReservationId: 'NULL',
    CapacityReservationStatus: 'NULL',
    ChargeCategory: index % 50 === 0 ? 'Tax' : 'Usage',
    ChargeClass: 'NULL',
    ChargeDescription: `"$0.0000${index % 97} per thousand tokens, gallery captions and chat replies, tier ${index % 5}"`,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: `2026-10-${day}T${hour}:59:59Z`,
    ChargePeriodStart: `2026-10-${day}T${hour}:00:00Z`,
    CommitmentDiscountId: 'NULL',
    CommitmentDiscountStatus: 'NULL',
    ConsumedQuantity: `${index % 9973}.000000000000`,
    ConsumedUnit: 'Tokens',
    ContractedCost: cost,
    ContractedUnitPrice: '0.00000004',
    EffectiveCost: cost,
    InvoiceId: `EX-2026-10-${index % 40}`,
    InvoiceIssuerName: `"${vendor}"`,
    ListCost: cost,
    ListUnitPrice: '0.00000004',
    PricingCategory: 'Standard',
    PricingQuantity: `${index % 9973}.000000000000`,
    PricingUnit: 'Tokens',
    ProviderName: vendor,
    PublisherName: vendor,
    RegionId: 'eu-west-2',
    RegionName: '"Europe (London)"',
    ResourceId: `arn:example:inference:eu-west-2:1234567890:endpoint/wedding-gallery-captions-${index}`,
    ResourceName: `gallery-captions-${index % 500}`,
    ResourceType: 'Inference endpoint',
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: `Inference ${index % 12}`,
    SkuId: `SKU${index % 300}ABCDEFGHJK`,
    SkuPriceId: `SKU${index % 300}ABCDEFGHJK.PRICE${index % 7}.6YS6EN2CT7`,
    SubAccountId: `5173892878${index % 10}`,
    SubAccountName: 'Vendors, south of England',
    Tags: `"{""environment"": ""production"", ""feature"": ""captions-${index % 30}"", ""team"": ""galleries""}"`,
  };
  const quoted = (text: string) => (text.includes(',') && !text.startsWith('"') ? `"${text}"` : text);
  return `${columns.map((column) => quoted(values[column] ?? '')).join(',')}\n`;
}
