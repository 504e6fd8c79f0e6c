import type { z } from 'zod';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type SmsContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;
