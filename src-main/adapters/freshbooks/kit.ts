import { z } from 'zod';
import { adapterKit, type Context, type Json } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type FreshBooksContext = Context<ReturnType<typeof settings.parse>, ReturnType<typeof secrets.parse>>;

/** A value as it will be stored and sent: absent fields are gone, as in any JSON. */
export const asJson = (value: unknown): Json => z.json().parse(JSON.parse(JSON.stringify(value)));
