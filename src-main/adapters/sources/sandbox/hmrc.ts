import type { SandboxSystem } from '../../../sandbox/kit.ts';

const rates: readonly (readonly [string, string, string, number])[] = [
  ['USA', 'US', 'USD', 13_300],
  ['Eurozone', 'EU', 'EUR', 11_500],
  ['Sweden', 'SE', 'SEK', 127_500],
];

/** Plays HMRC's published exchange rates: one XML a month, from 2021 up to the month after this one. */
export const hmrcSandbox: SandboxSystem = {
  id: 'hmrc',
  hosts: ['www.trade-tariff.service.gov.uk'],
  handle({ method, path }, world) {
    const match = /^\/api\/v2\/exchange_rates\/files\/monthly_xml_(\d{4})-([1-9]|1[0-2])\.xml$/.exec(path);
    const [year, month] = [Number(match?.[1]), Number(match?.[2])];
    const now = new Date(world.now());
    const ahead = (year - now.getUTCFullYear()) * 12 + month - (now.getUTCMonth() + 1);
    if (!match || year < 2021 || ahead > 1) return { status: 404, json: { error: 'not found', url: path } };
    if (method !== 'GET') return { status: 405 };
    const day = (date: Date) =>
      `${String(date.getUTCDate()).padStart(2, '0')}/${date.toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' }).slice(0, 3)}/${date.getUTCFullYear()}`;
    const period = `${day(new Date(Date.UTC(year, month - 1, 1)))} to ${day(new Date(Date.UTC(year, month, 0)))}`;
    const entries = rates.map(
      ([country, code, currency, base]) =>
        `<exchangeRate><countryName>${country}</countryName><countryCode>${code}</countryCode><currencyName>x</currencyName><currencyCode>${currency}</currencyCode><rateNew>${((base + month * 17) / 10_000).toFixed(4)}</rateNew></exchangeRate>`,
    );
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      text: `<?xml version="1.0"?>\n<exchangeRateMonthList Period="${period}">\n${entries.join('\n')}\n</exchangeRateMonthList>\n`,
    };
  },
};
