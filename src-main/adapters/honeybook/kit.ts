import { adapterKit } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
