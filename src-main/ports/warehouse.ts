/** A warehouse as a person set it up: one database, one schema in it that is ours. */
export interface WarehouseServer {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** `[a-z_][a-z0-9_]*`. */
  readonly schema: string;
  readonly user: string;
  readonly password: string;
  /** `verify`: TLS with the certificate checked; `off`: plain, on this machine only. */
  readonly tls: 'verify' | 'off';
  /** Certificate authority of one's own, PEM; null: the usual ones. */
  readonly ca: string | null;
}

/**
 * One data set, whole. It takes the place of what the warehouse holds for its metrics from `from` to `to`, both included;
 * anything before and after stays.
 */
export interface WarehouseLoad {
  readonly org: string;
  readonly metrics: readonly string[];
  /** ms UTC; null: of the first and the last row. */
  readonly from: number | null;
  readonly to: number | null;
  /** UUID; the same for the same rows. */
  readonly batchId: string;
  readonly rows: number;
  /** Sum of all values, exact decimal text: checked on arrival. */
  readonly sum: string;
  /** Each a JSON array of rows `[metric, ms UTC, season, venue, region, value]`; value is exact decimal text. */
  readonly blocks: Iterable<string> | AsyncIterable<string>;
}

export interface WarehouseLoaded {
  /** Rows new or different from before. */
  readonly changed: number;
  /** Rows that no longer are. */
  readonly removed: number;
}

/** Throws IntegrationError: `network` before anything was asked, `timeout` when the outcome is unknown, and so on. */
export interface WarehouseClient {
  /** Connects, looks whether the schema may be written, and changes nothing. */
  check(
    server: WarehouseServer,
    signal: AbortSignal,
  ): Promise<{ readonly version: string /** null: nothing of ours is there yet. */; readonly layout: number | null }>;
  /** All or nothing. Brings the layout up to date first. The same load again changes nothing. */
  load(server: WarehouseServer, load: WarehouseLoad, signal: AbortSignal): Promise<WarehouseLoaded>;
}
