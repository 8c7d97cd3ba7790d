/**
 * The port under the embedded engine's logic: ordered tables and one transaction at a time.
 * `node:sqlite` stands behind it in production, a faulty imitation in the simulator.
 * It is synchronous, as `node:sqlite` is.
 */

/** A row's key: parts compare one by one, numbers by value, strings by their UTF-8 bytes. */
export type Key = readonly (string | number)[];

/** A table: its name and the types of its key's parts. Values are bytes. */
export interface Table {
  readonly name: string;
  readonly key: readonly ('text' | 'integer')[];
}

/**
 * How a commit ended. `failed`: certainly not stored, the transaction is rolled back and the next may be tried
 * (a full disk). `unknown`: nobody can say; the engine must stop (P8).
 */
export type CommitOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly cause: Error }
  | { readonly kind: 'unknown'; readonly cause: Error };

/**
 * Reads and writes between `begin` and `commit`. Reads work outside a transaction too.
 * Every value is stored with a CRC over key and value; a row that fails it throws `damaged`.
 */
export interface Tx {
  begin(): void;
  get(table: Table, key: Key): Uint8Array | undefined;
  put(table: Table, key: Key, value: Uint8Array): void;
  delete(table: Table, key: Key): void;
  /** Rows with `from` <= key < `to` in key order (or reverse), at most `limit`. */
  scan(table: Table, from: Key, to: Key, options: { limit: number; reverse?: boolean }): [Key, Uint8Array][];
  commit(): CommitOutcome;
  rollback(): void;
}
