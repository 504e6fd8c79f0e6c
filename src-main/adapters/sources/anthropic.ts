import { z } from 'zod';
import { Big } from '../../../src-shared/domain/money/index.ts';
import { type CostSource, plainDecimal } from '../kit/cost-source.ts';

const Page = z.object({
  data: z.array(
    z.object({
      starting_at: z.string(),
      results: z.array(
        z.object({
          /** In the currency's smallest unit, with decimals: "123.45" are 1.2345 dollars. */
          amount: z.string(),
          currency: z.string(),
          description: z.string().nullable().default(null),
          workspace_id: z.string().nullable().default(null),
        }),
      ),
    }),
  ),
  has_more: z.boolean(),
  next_page: z.string().nullable().default(null),
});

/** Costs by workspace and description, a bucket a day; needs an admin key of an organisation. */
export const anthropic: CostSource = {
  id: 'anthropic',
  name: 'Anthropic',
  issuer: 'Anthropic',
  keyHelp: 'An admin key (sk-ant-admin…): Claude Console, Settings, Admin keys. Individual accounts have none.',
  request({ key, from, to, page, days }) {
    const query = new URLSearchParams({
      starting_at: `${from}T00:00:00Z`,
      ending_at: `${to}T00:00:00Z`,
      bucket_width: '1d',
      limit: String(days),
    });
    for (const field of ['workspace_id', 'description']) query.append('group_by[]', field);
    if (page !== null) query.set('page', page);
    return {
      url: `https://api.anthropic.com/v1/organizations/cost_report?${query}`,
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
    };
  },
  read(body) {
    const { data, has_more, next_page } = Page.parse(body);
    return {
      costs: data.flatMap(({ starting_at, results }) =>
        results.map(({ amount, currency, description, workspace_id }) => ({
          day: starting_at.slice(0, 10),
          account: workspace_id ?? 'default workspace',
          item: description ?? 'Other',
          // Multiplied, never divided: a division could round.
          amount: new Big(plainDecimal(amount)).times('0.01').toFixed(),
          currency: currency.toUpperCase(),
        })),
      ),
      next: has_more ? next_page : null,
    };
  },
};
