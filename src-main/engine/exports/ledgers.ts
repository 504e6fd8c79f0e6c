import type { LedgerReference } from '../../adapters/kit/adapter.ts';
import type { DayWindow, LedgerEntry } from '../../adapters/kit/ledger.ts';

/**
 * What a person confirmed for one ledger, held against what the ledger offers now. The connections capability provides
 * it; batches are built and sent only with codes that still exist there (MAP-TAX, MAP-ACCOUNT, LOCK-DATE, CCY-NOTENABLED).
 */
export interface LedgerBooks {
  /** VAT treatment -> confirmed code; null: none confirmed, or it changed in the ledger since. */
  readonly taxes: Readonly<Record<string, string | null>>;
  /** Category -> account code; null: none, inactive or gone. `''` is the account of every category not named. */
  readonly accounts: Readonly<Record<string, string | null>>;
  readonly reference: Pick<LedgerReference, 'currencies' | 'lockedUntil' | 'cannotHold' | 'grossCost'>;
}

export interface Ledgers {
  /** Reads the ledger now. @throws ProblemError when it is not connected, not confirmed or does not answer */
  books(organisationId: string, system: string): Promise<LedgerBooks>;
  /** Every purchase document of those days there, whoever entered it. @throws when it does not answer */
  entries(organisationId: string, system: string, days: DayWindow): Promise<readonly LedgerEntry[]>;
}
