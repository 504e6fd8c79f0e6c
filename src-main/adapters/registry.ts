import { datadog } from './datadog/index.ts';
import { email } from './email/index.ts';
import { freshbooks } from './freshbooks/index.ts';
import { grafana } from './grafana/index.ts';
import { honeybook } from './honeybook/index.ts';
import type { AnyAdapter } from './kit/adapter.ts';
import { lightblue } from './lightblue/index.ts';
import { looker } from './looker/index.ts';
import { newrelic } from './newrelic/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import { powerbi } from './powerbi/index.ts';
import { quickbooks } from './quickbooks/index.ts';
import { slack } from './slack/index.ts';
import { sms } from './sms/index.ts';
import { tableau } from './tableau/index.ts';
import { tave } from './tave/index.ts';
import { warehouse } from './warehouse/index.ts';
import { webhook } from './webhook/index.ts';
import { xero } from './xero/index.ts';

/** Every adapter, in the order of the systems list. The one line outside its own folder that a new one needs. */
export const adapters: readonly AnyAdapter[] = [
  datadog,
  newrelic,
  grafana,
  warehouse,
  powerbi,
  tableau,
  looker,
  xero,
  quickbooks,
  freshbooks,
  tave,
  slack,
  email,
  sms,
  pagerduty,
  webhook,
  honeybook,
  lightblue,
];

/**
 * By id, after checking what would otherwise be found out while posting.
 * @throws Error naming the first adapter that is not whole; nothing starts then
 */
export function registryOf(list: readonly AnyAdapter[] = adapters): ReadonlyMap<string, AnyAdapter> {
  const byId = new Map<string, AnyAdapter>();
  for (const adapter of list) {
    const { manifest } = adapter;
    if (byId.has(manifest.id)) throw new Error(`Two adapters are called ${manifest.id}`);
    for (const problem of problemsOf(adapter)) throw new Error(`${manifest.id}: ${problem}`);
    byId.set(manifest.id, adapter);
  }
  return byId;
}

function* problemsOf(adapter: AnyAdapter): Generator<string> {
  const { manifest, settings } = adapter;
  if (!/^[a-z]+$/.test(manifest.id)) yield 'the id is no folder name';
  if (manifest.auth === 'oauth2' && !adapter.oauth) yield 'OAuth without its addresses';
  if (settings.upgrades.length !== settings.version - 1) yield 'the chain of settings upgrades has gaps';
  for (const [name, action] of Object.entries(adapter.actions)) {
    const { deliveryClass, idempotency } = action;
    if ((deliveryClass === 'never-twice' || idempotency === 'lookup-first') && !action.find) {
      yield `${name} promises never twice and cannot look up`;
    }
    if (deliveryClass === 'keyed-upsert' && idempotency === 'none') yield `${name} is an upsert without a key`;
  }
}
