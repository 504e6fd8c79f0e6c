import type { z } from 'zod';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type PagerDutyContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

/** Keys of one region mean nothing in the other. */
export const hostsOf = ({ region }: z.output<typeof settings>) =>
  region === 'eu'
    ? { events: 'https://events.eu.pagerduty.com', api: 'https://api.eu.pagerduty.com' }
    : { events: 'https://events.pagerduty.com', api: 'https://api.pagerduty.com' };
