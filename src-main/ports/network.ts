/** How this computer reaches the outside. It is no part of the database, which may be restored on another computer. */
export interface NetworkPlan {
  /** `system`: what the computer itself says, its environment or, on the desktop, its proxy settings. */
  readonly proxy: 'none' | 'system' | 'address';
  /** `http://host:port` or `https://host:port`, without name and password; null unless `proxy` is `address`. */
  readonly address: string | null;
  readonly user: string | null;
  /** Hosts reached without the proxy: `example.com` (and what is under it), `host:port`, an address, or a block of addresses. */
  readonly bypass: readonly string[];
  /** Certificates trusted beside those of the computer, PEM; empty: none. */
  readonly certificates: string;
}

/** What one try to reach a host told. */
export interface NetworkProbe {
  readonly ok: boolean;
  /** `host:port` of the proxy; null: straight. */
  readonly through: string | null;
  /** Who vouches for the certificate shown; null: none was seen. */
  readonly issuer: string | null;
  readonly ms: number;
  readonly problem: string | null;
  readonly remedy: string | null;
}

export interface Network {
  plan(): NetworkPlan;
  /** In force at once for every new connection; open ones end when their request does. `password` left out: as it was. */
  change(plan: NetworkPlan, password?: string | null): Promise<void>;
  /** `host:port` of the proxy this host is reached through; null: straight, or nobody can tell. */
  through(host: string, port?: number): Promise<string | null>;
  /** Opens a line to the host, as sending would, looks at its certificate and hangs up. */
  probe(host: string): Promise<NetworkProbe>;
}
