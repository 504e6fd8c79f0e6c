/** Units of `currency` for one pound in `month` (`YYYY-MM`), decimal text as published. The newest `recorded_at` counts. */
export interface FxRateTable {
  organisation_id: string;
  currency: string;
  month: string;
  /** `hand` for a rate typed in. */
  import_id: string;
  units_per_gbp: string;
  source: 'hmrc' | 'hand';
  recorded_at: number;
}

export interface RateTables {
  fx_rate: FxRateTable;
}
