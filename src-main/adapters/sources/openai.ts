import { z } from 'zod';
import { type CostSource, plainDecimal } from '../kit/cost-source.ts';

const Page = z.object({
  data: z.array(
    z.object({
      start_time: z.string(),
      results: z.array(
        z.object({
          amount: z.object({ value: z.string(), currency: z.string() }),
          line_item: z.string().nullable().default(null),
          project_id: z.string().nullable().default(null),
        }),
      ),
    }),
  ),
  has_more: z.boolean(),
  next_page: z.string().nullable().default(null),
});

const seconds = (day: string) => String(Date.parse(`${day}T00:00:00Z`) / 1000);

/** Costs by project and line item, a bucket a day; needs an admin key. */
export const openai: CostSource = {
  id: 'openai',
  name: 'OpenAI',
  issuer: 'OpenAI',
  keyHelp:
    'An admin key (sk-admin-…): platform.openai.com, Organization settings, Admin keys. Project keys see no costs.',
  request({ key, from, to, page, days }) {
    const query = new URLSearchParams({
      start_time: seconds(from),
      end_time: seconds(to),
      bucket_width: '1d',
      limit: String(days),
    });
    for (const field of ['project_id', 'line_item']) query.append('group_by', field);
    if (page !== null) query.set('page', page);
    return {
      url: `https://api.openai.com/v1/organization/costs?${query}`,
      headers: { authorization: `Bearer ${key}` },
    };
  },
  read(body) {
    const { data, has_more, next_page } = Page.parse(body);
    return {
      costs: data.flatMap(({ start_time, results }) =>
        results.map(({ amount, line_item, project_id }) => ({
          day: new Date(Number(start_time) * 1000).toISOString().slice(0, 10),
          account: project_id ?? 'no project',
          item: line_item ?? 'Other',
          amount: plainDecimal(amount.value),
          currency: amount.currency.toUpperCase(),
        })),
      ),
      next: has_more ? next_page : null,
    };
  },
};
