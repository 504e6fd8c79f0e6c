import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type DatadogContext = Context<ReturnType<typeof settings.parse>, ReturnType<typeof secrets.parse>>;
