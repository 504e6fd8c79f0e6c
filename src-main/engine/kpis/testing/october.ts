import type { Store } from '../../../ports/store.ts';
import { type CostLineRow, insertLines } from '../../../store/repositories/costs.ts';
import { costLine } from '../../review/testing/cost-lines.ts';

interface Use {
  at: string;
  vendor?: string;
  success?: boolean;
  wedding?: string;
  feature?: string;
}

/** Puts usage, weddings and costs of the organisation `org` where KPIs are computed from. `store` is asked for each time. */
export function kpiSeeds(store: () => Store) {
  let serial = 0;
  async function use(list: readonly Use[], importId = 'i1'): Promise<void> {
    const vendors = new Set(list.map(({ vendor = 'v1' }) => vendor));
    const statements = [
      {
        sql: `INSERT INTO import_batch (organisation_id, id, kind, format, file_name, file_bytes, state, actor, started_at)
        VALUES ('org', ?, 'usage', 'csv', 'u.csv', 1, 'done', 'x', 1) ON CONFLICT DO NOTHING`,
        params: [importId],
      },
      ...[...vendors].map((id) => ({
        sql: `INSERT INTO vendor (organisation_id, id, name, email, state, created_at, updated_at)
        VALUES ('org', ?, ?, '', 'confirmed', 1, 1) ON CONFLICT DO NOTHING`,
        params: [id, id],
      })),
      ...list.flatMap(({ at, vendor = 'v1', success = true, wedding = '', feature = 'gallery' }) => {
        const ms = Date.parse(at);
        const key = new Uint8Array(Buffer.from(String(++serial)));
        return [
          {
            sql: `INSERT INTO usage_record (organisation_id, key, content, import_id, vendor_id, day, feature, at, success, in_window, seconds, client, wedding)
            VALUES ('org', ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?)`,
            params: [key, key, importId, vendor, at.slice(0, 10), feature, ms, success ? 1 : 0, wedding],
          },
          {
            sql: `INSERT INTO usage_month (organisation_id, month, vendor_id, feature, requests, successful, in_window, seconds, latest_day)
            VALUES ('org', ?, ?, ?, 1, ?, 0, 0, ?) ON CONFLICT DO UPDATE SET requests = requests + 1,
            successful = successful + excluded.successful, latest_day = max(latest_day, excluded.latest_day)`,
            params: [at.slice(0, 7), vendor, feature, success ? 1 : 0, at.slice(0, 10)],
          },
        ];
      }),
    ];
    await store().batch(statements);
  }
  const wed = (reference: string, date: string, venue: string, region: string) =>
    store().batch([
      {
        sql: `INSERT INTO wedding (organisation_id, key, series, sequence, status, date, last_date, venue, region, reference, updated_at)
        VALUES ('org', ?, ?, 0, 'confirmed', ?, ?, ?, ?, ?, 1)`,
        params: [reference, reference, date, date, venue, region, reference],
      },
    ]);
  const cost = (id: string, day: string, pence: number, change = {}) =>
    store().transaction((tx) =>
      insertLines(tx, [costLine(id, { tax_date: day, net_gbp_minor: pence, ...change }) as CostLineRow]),
    );

  /** October worked by hand: 8 requests, 7 successful, of 2 vendors; 2 weddings of 3 assisted; £4.00 of costs less £1.00. */
  async function october(): Promise<void> {
    await wed('W1', '2026-10-03', 'Cotswold Barn', 'South West');
    await wed('W2', '2026-10-10', 'Hall Farm', 'Kent');
    await wed('W3', '2026-10-17', 'Hall Farm', 'Kent');
    await use([
      { at: '2026-09-20T10:00:00Z', vendor: 'v1' },
      { at: '2026-09-20T10:10:00Z', vendor: 'v3' },
    ]);
    await use([
      ...Array.from({ length: 5 }, (_, i) => ({ at: `2026-10-03T10:0${i}:00Z`, wedding: 'W1' })),
      { at: '2026-10-09T18:30:00Z', vendor: 'v2', wedding: 'W2', feature: 'chat' },
      { at: '2026-10-09T18:40:00Z', vendor: 'v2', wedding: 'W3', success: false },
      { at: '2026-10-31T11:00:00Z', vendor: 'v2' },
    ]);
    await cost('c1', '2026-10-05', 400);
    await cost('c2', '2026-10-20', -100, { document_type: 'credit_note' });
    await cost('c3', '2026-10-21', 9_999, { state: 'excluded' });
  }
  return { use, wed, cost, october };
}

/**
 * What the pencil says of that October, by KPI: the value, or why there is none.
 * 7 successful × 15 min = 105; 2 vendors × 37.5 h × 60 × 31 ÷ 7 = 19,928.571428571429; 7 × £2.50 = £17.50; £17.50 ÷ £3.
 */
export const octoberByHand = {
  weddings_today: '3',
  weddings_ai_assisted: '2',
  ai_requests_total: '8',
  ai_error_rate: '0.125',
  vendor_efficiency_gain: '0.005268817204',
  ai_cost_gbp: '3',
  cost_per_wedding_gbp: '1.5',
  ai_roi: '5.833333333333',
  vendor_retention: '0.5',
  client_satisfaction_score: 'Nobody answered a survey in this period.',
  capacity_utilization: 'Not known: AI requests an hour the platform is provisioned for.',
} as const;
