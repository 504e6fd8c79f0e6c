import type { WireSources } from '../kit/cost-source.ts';
import { anthropic } from './anthropic.ts';
import { fetchMonthlyRates } from './hmrc.ts';
import { openai } from './openai.ts';

/** Where costs and rates are fetched from. They are suppliers and an authority, not systems: nothing is ever sent to them. */
export const wireSources: WireSources = { costs: [openai, anthropic], rates: fetchMonthlyRates };
