import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimal } from '../money/index.ts';
import { addUsage, deriveValue, type UsageTotals } from './derive.ts';
import { ValueSettings } from './settings.ts';

const settings = ValueSettings.parse({});
const usage = (patch: Partial<UsageTotals> = {}): UsageTotals => ({
  requests: 25,
  successful: 25,
  inPreparationWindow: 10,
  assistedClients: 14,
  days: 31,
  byFeature: { gallery: 20, chat: 5 },
  latestDay: '2026-10-30',
  ...patch,
});
const shown = (input: UsageTotals, key: string) =>
  deriveValue(input, settings, '2026-10-31').figures.find((figure) => figure.key === key)?.shown;

// Worked by hand: 25 × 15 min; 25 × £2.50; 4 × £62.50; 15 % of 14; 375 ÷ (37.5 h × 60 × 31 ÷ 7) × 100; 10 ÷ 25.
test.each([
  ['ai_requests', '25'],
  ['minutes_saved', '375'],
  ['cost_savings_gbp', '62.50'],
  ['revenue_impact_gbp', '250.00'],
  ['clients_retained', '2'],
  ['efficiency_gain_pct', '3.8'],
  ['peak_share', '0.400'],
  ['peak_season_readiness', '75'],
])('%s of the worked example is %s', (key, value) => {
  expect(shown(usage(), key)).toBe(value);
});

test('the formula beside a figure gives the figure: what is not rounded in one is not in the other', () => {
  const odd = ValueSettings.parse({ poundsPerRequest: '2.333' });
  const { figures } = deriveValue(usage({ successful: 1 }), odd, '2026-10-31');
  // 4 × £2.333 = £9.332; from £2.33 it would be £9.32.
  expect(figures.find(({ key }) => key === 'revenue_impact_gbp')).toMatchObject({
    shown: '9.33',
    formula: '4 × £2.333',
    inputs: [{ name: 'cost saving', value: '2.333' }, { name: 'multiple' }],
  });
});

test('only successful requests save time', () => {
  expect(shown(usage({ successful: 20 }), 'minutes_saved')).toBe('300');
  expect(shown(usage({ successful: 20 }), 'ai_requests')).toBe('25');
});

test('what cannot be known is a dash with its reason, never a zero', () => {
  const { figures, readiness } = deriveValue(
    usage({ requests: 0, successful: 0, inPreparationWindow: 0, latestDay: null, byFeature: {} }),
    settings,
    '2026-10-31',
  );
  expect(figures.find((figure) => figure.key === 'peak_share')).toMatchObject({ value: null, shown: '—' });
  expect(readiness).toMatchObject({ met: 0, of: 4 });
  for (const check of readiness.checks) expect(check.gap).not.toBe('');
});

test('the sum over vendors is the value of the sum', () => {
  const arbitrary = fc
    .record({ requests: fc.nat(50_000), failed: fc.nat(100), clients: fc.nat(900) })
    .map(({ requests, failed, clients }) =>
      usage({ requests, successful: Math.max(0, requests - failed), inPreparationWindow: 0, assistedClients: clients }),
    );
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 20 }), (vendors) => {
      const whole = deriveValue(vendors.reduce(addUsage), settings, '2026-10-31').figures;
      for (const key of ['minutes_saved', 'cost_savings_gbp', 'revenue_impact_gbp', 'clients_retained']) {
        const sum = vendors
          .map(
            (one) =>
              deriveValue(one, settings, '2026-10-31').figures.find((figure) => figure.key === key)?.value ?? '0',
          )
          .reduce((total, value) => total.plus(decimal(value)), decimal('0'));
        expect(whole.find((figure) => figure.key === key)?.value).toBe(sum.toFixed());
      }
    }),
  );
});
