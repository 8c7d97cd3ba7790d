/**
 * The little of a browser that a spool stands on: IndexedDB, and where there are any, locks and channels between the
 * pages of one origin. Structural, because Node's types know none of them.
 */

/** An `IDBRequest`. */
export interface IdbRequest<Result> {
  readonly result: Result;
  readonly error: unknown;
  addEventListener(type: 'success' | 'error' | 'upgradeneeded', listener: () => void): void;
}

/** A range of keys, made by {@linkcode BrowserPlatform.IDBKeyRange}. */
export interface IdbKeyRange {
  readonly lower: unknown;
}

/** An `IDBObjectStore`. */
export interface IdbTable<Row> {
  get(key: string | number): IdbRequest<Row | undefined>;
  getAll(range: IdbKeyRange, count?: number): IdbRequest<Row[]>;
  put(row: Row): IdbRequest<unknown>;
  delete(range: IdbKeyRange): IdbRequest<unknown>;
}

/** An `IDBTransaction`. */
export interface IdbTransaction {
  readonly error: unknown;
  objectStore<Row>(name: string): IdbTable<Row>;
  commit(): void;
  abort(): void;
  addEventListener(type: 'complete' | 'abort', listener: () => void): void;
}

/** An `IDBDatabase`. */
export interface IdbDatabase {
  createObjectStore(name: string, options: { readonly keyPath: string }): unknown;
  transaction(
    tables: readonly string[],
    mode: 'readonly' | 'readwrite',
    options: { readonly durability: 'strict' | 'relaxed' },
  ): IdbTransaction;
  close(): void;
  addEventListener(type: 'versionchange', listener: () => void): void;
}

/** A `BroadcastChannel`. */
export interface PageChannel {
  postMessage(message: string): void;
  close(): void;
  addEventListener(type: 'message', listener: () => void): void;
}

/** The globals of a page or a worker. */
export interface BrowserPlatform {
  readonly indexedDB: { open(name: string, version: number): IdbRequest<IdbDatabase> };
  readonly IDBKeyRange: {
    bound(lower: number, upper: number, lowerOpen: boolean, upperOpen: boolean): IdbKeyRange;
    upperBound(upper: number): IdbKeyRange;
  };
  readonly BroadcastChannel?: new (name: string) => PageChannel;
  readonly navigator?: {
    /** Only where the page came over https or from this machine. */
    readonly locks?: {
      request(name: string, options: { readonly signal?: AbortSignal }, hold: () => Promise<void>): Promise<unknown>;
    };
  };
}
