import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type HoneyBookContext = Context<ReturnType<typeof settings.parse>, ReturnType<typeof secrets.parse>>;
