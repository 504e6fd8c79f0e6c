import type { WireSources } from '../kit/cost-source.ts';
import { anthropic } from './anthropic.ts';
import { fetchMonthlyRates } from './hmrc.ts';
import { openai } from './openai.ts';
import { fetchUsagePage } from './wedsync.ts';

/** Where costs, usage and rates are fetched from. They are suppliers and an authority, not systems: nothing is ever sent to them. */
export const wireSources: WireSources = { costs: [openai, anthropic], usage: fetchUsagePage, rates: fetchMonthlyRates };
