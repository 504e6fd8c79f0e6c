/** Ledger work comes after alerts and acknowledgements, before CRM and telemetry (R11). */
export const LEDGER_PRIORITY = 4;
