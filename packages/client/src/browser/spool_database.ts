import { newSpoolState, PacketboatError, type SpoolState } from '@packetboat/core';
import type { BrowserPlatform, IdbDatabase, IdbRequest, IdbTable, IdbTransaction } from './browser_platform.ts';

/** Grows with every change of the tables; a browser refuses to open a newer one. */
const formatVersion = 1;

/** The state's only row. */
export interface StateRow extends SpoolState {
  readonly key: 'state';
  /** Bytes of all batches ever sealed. */
  sealedBytesEver: number;
  /** Who ships: what the last page that claimed it made up. */
  shipper: string | undefined;
}

/** A sample that waits. */
export interface SampleRow {
  readonly from: number;
  readonly to: number;
  readonly kind: 'record' | 'gap';
  readonly timeNs: bigint;
  readonly crc: number;
  readonly bytes: Uint8Array;
}

/** A batch that is not acknowledged. */
export interface BatchRow {
  readonly sequence: number;
  /** The samples it stands for end before this one. */
  readonly to: number;
  /** Bytes of all batches ever sealed, up to and with this one. */
  readonly bytesEver: number;
  readonly bytes: Uint8Array;
}

/** The tables in a transaction. */
export interface Tables {
  readonly state: StateRow;
  readonly samples: IdbTable<SampleRow>;
  readonly batches: IdbTable<BatchRow>;
}

const tables = ['state', 'samples', 'batches'] as const;

/** Settles with the result of a request. */
export function resultOf<Result>(request: IdbRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

/** The spool's database, and its transactions: each reads the state first, whichever page it was that changed it. */
export class SpoolDatabase {
  readonly #name: string;
  readonly #database: IdbDatabase;
  /** Set when a write failed or is uncertain; nothing is written any more (P8). */
  #failure: PacketboatError | undefined;

  private constructor(name: string, database: IdbDatabase) {
    this.#name = name;
    this.#database = database;
    // Somebody deletes it: they need not wait for us.
    database.addEventListener('versionchange', () => database.close());
  }

  /** Opens the spool `name`, or makes it. Rejects with `storeVersion`, `diskFull`, `storeFailed`. */
  static async open(
    platform: BrowserPlatform,
    name: string,
    stream: string,
    producerId: string,
  ): Promise<SpoolDatabase> {
    try {
      const request = platform.indexedDB.open(`packetboat/spool/${name}`, formatVersion);
      request.addEventListener('upgradeneeded', () => {
        request.result.createObjectStore('state', { keyPath: 'key' });
        request.result.createObjectStore('samples', { keyPath: 'from' });
        request.result.createObjectStore('batches', { keyPath: 'sequence' });
      });
      const database = new SpoolDatabase(name, await resultOf(request));
      await database.#makeState(stream, producerId);
      return database;
    } catch (error) {
      throw fromIndexedDb(error, `Cannot open the spool ${name}`);
    }
  }

  /** The state, and nothing changed. */
  async state(): Promise<StateRow> {
    return this.read(async ({ state }) => state);
  }

  /** Runs `work` in a transaction that only reads. It may wait for nothing but requests of the tables. */
  async read<Result>(work: (tables: Tables) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#tables(this.#begin('readonly', 'relaxed')));
    } catch (error) {
      throw fromIndexedDb(error, `Cannot read the spool ${this.#name}`);
    }
  }

  /**
   * Runs `work` in a transaction, and stores the state as it leaves it. When `work` throws, nothing is stored. It may wait
   * for nothing but requests of the tables; those that write it need not wait for.
   *
   * @param sync `strict`: on stable storage when this settles; `relaxed`: a power cut may take it back.
   */
  async transact<Result>(sync: 'strict' | 'relaxed', work: (tables: Tables) => Promise<Result>): Promise<Result> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const transaction = this.#begin('readwrite', sync);
      const ended = endOf(transaction);
      try {
        const all = await this.#tables(transaction);
        const result = await work(all);
        transaction.objectStore('state').put(all.state);
        transaction.commit();
        await ended;
        return result;
      } catch (error) {
        abandon(transaction);
        // Of a failing transaction the end says more than the request that was cut off by it.
        await ended.catch((reason: unknown) => {
          if (reason !== null && !(error instanceof PacketboatError)) throw reason;
        });
        throw error;
      }
    } catch (error) {
      const failure = fromIndexedDb(error, `Cannot write to the spool ${this.#name}`);
      if (failure.code === 'storeFailed') this.#failure = failure;
      throw failure;
    }
  }

  close(): void {
    this.#database.close();
  }

  #begin(mode: 'readonly' | 'readwrite', durability: 'strict' | 'relaxed'): IdbTransaction {
    return this.#database.transaction(tables, mode, { durability });
  }

  async #tables(transaction: IdbTransaction): Promise<Tables> {
    const state = await resultOf(transaction.objectStore<StateRow>('state').get('state'));
    if (state === undefined) throw new PacketboatError('damaged', `The spool ${this.#name} has lost its state`);
    return { state, samples: transaction.objectStore('samples'), batches: transaction.objectStore('batches') };
  }

  /** Two pages may be making the spool at once: the first one's state holds. */
  async #makeState(stream: string, producerId: string): Promise<void> {
    const transaction = this.#begin('readwrite', 'strict');
    const ended = endOf(transaction);
    const table = transaction.objectStore<StateRow>('state');
    const known = await resultOf(table.get('state'));
    if (known === undefined) {
      const state = newSpoolState(stream, producerId);
      table.put({ ...state, key: 'state', sealedBytesEver: 0, shipper: undefined });
    }
    transaction.commit();
    await ended;
    if (known !== undefined && known.stream !== stream) {
      this.close();
      const message = `The spool ${this.#name} feeds the stream ${known.stream}, not ${stream}`;
      throw new PacketboatError('badRequest', message);
    }
  }
}

/** Settles when the transaction is committed; rejects with its reason, `null` when we abandoned it ourselves. */
function endOf(transaction: IdbTransaction): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
  ended.catch(() => undefined);
  return ended;
}

/** Ends a transaction that shall store nothing, unless it has ended by itself. */
function abandon(transaction: IdbTransaction): void {
  try {
    transaction.abort();
  } catch {
    // InvalidStateError: that is what it says.
  }
}

/** The error of the table for one of IndexedDB. */
function fromIndexedDb(error: unknown, doing: string): PacketboatError {
  if (error instanceof PacketboatError) return error;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const text = `${doing}: ${message}`;
  if (name === 'QuotaExceededError') return new PacketboatError('diskFull', text, { cause: error });
  if (name === 'VersionError') return new PacketboatError('storeVersion', text, { cause: error });
  return new PacketboatError('storeFailed', text, { cause: error });
}
