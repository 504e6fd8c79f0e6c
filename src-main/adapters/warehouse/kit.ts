import type { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { WarehouseClient, WarehouseServer } from '../../ports/warehouse.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type WarehouseContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

export function serverOf({ settings: { ca, ...address }, secrets: { password } }: WarehouseContext): WarehouseServer {
  return { ...address, password, ca: ca === '' ? null : ca };
}

export function clientOf({ warehouse }: WarehouseContext): WarehouseClient {
  if (warehouse) return warehouse;
  throw new NeedsAttentionError('misconfigured', 'This host has no way to a warehouse', { scope: 'connection' });
}
