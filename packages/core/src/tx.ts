/**
 * The port under the embedded engine's logic: ordered tables and one transaction at a time.
 * `node:sqlite` stands behind it in production, a faulty imitation in the simulator.
 * It is synchronous, as `node:sqlite` is.
 */

/**
 * A row's key: parts compare one by one, numbers by value, strings by their UTF-8 bytes. As the bound of a range it
 * may have fewer parts than the table's: it then comes before every key that begins with it.
 */
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

/** How far a scan goes. */
export interface ScanOptions {
  /** Rows at most. */
  readonly limit: number;
  /** Stops after the row with which the values exceed this. @default unlimited */
  readonly bytesMax?: number;
  /** From the last row to the first. @default false */
  readonly reverse?: boolean;
}

/**
 * Reads and writes between `begin` and `commit`. Reads work outside a transaction too.
 * Every value is stored with a CRC over table, key and value; a row that fails it throws `damaged`.
 * A write that fails does not throw: the transaction is lost, and `commit` says why.
 */
export interface Tx {
  begin(): void;
  get(table: Table, key: Key): Uint8Array | undefined;
  put(table: Table, key: Key, value: Uint8Array): void;
  delete(table: Table, key: Key): void;
  /** Deletes the first `limit` rows with `from` <= key < `to` without reading their values. @returns how many. */
  deleteRange(table: Table, from: Key, to: Key, limit: number): number;
  /** Rows with `from` <= key < `to` in key order. */
  scan(table: Table, from: Key, to: Key, options: ScanOptions): [Key, Uint8Array][];
  /** The first `limit` keys with `from` <= key < `to`, in order, without reading the values: no CRC checks them. */
  keys(table: Table, from: Key, to: Key, limit: number): Key[];
  commit(): CommitOutcome;
  rollback(): void;
}
