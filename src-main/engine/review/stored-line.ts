import { z } from 'zod';
import { CheckView } from '../../../src-shared/contract/shapes.ts';
import { fromMinor } from '../../../src-shared/domain/money/index.ts';
import { type CheckId, checkRules } from '../../../src-shared/domain/vat/checks.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import type { StoredCheck } from './assess-row.ts';

const StoredChecks = z.array(CheckView);

/** Reads the `checks` column. */
export function storedChecks(row: Pick<CostLineRow, 'checks'>): StoredCheck[] {
  return StoredChecks.parse(JSON.parse(row.checks));
}

export function isCheckId(id: string): id is CheckId {
  return id in checkRules;
}

/** Pounds as decimal text; null is unknown. */
export function pounds(minor: number | null): string | null {
  return minor === null ? null : fromMinor(minor, 'GBP');
}
