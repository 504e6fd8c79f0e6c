/** Content-addressed files kept beside the database: what a batch was approved with can never be swapped. */
export interface EvidenceStore {
  /** Durable before it resolves (temporary name, fsync, rename); the id is the SHA-256 of the bytes in hex. */
  put(bytes: Uint8Array): Promise<string>;
  /** Throws when the file is missing or no longer has the content its id names. */
  read(id: string): Promise<Uint8Array>;
}

/** Rows of data sets on their way out, by content id; unlike evidence they go when newer ones have taken their place. */
export interface DatasetStore extends EvidenceStore {
  /** Nothing happens when it is gone already. */
  remove(id: string): Promise<void>;
}
