import {
  assert,
  type CommitOutcome,
  compareNames,
  type Crc32,
  type Key,
  PacketboatError,
  type ScanOptions,
  type Table,
  type Tx,
} from '@packetboat/core';
import { damaged, rowCrc } from '../row_crc.ts';

/** A row as it is stored. */
export interface StoredRow {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly crc: number;
}

/** How a commit ends: as it should, on a full disk, or without anybody knowing whether it is stored. */
export type CommitFault = 'full' | 'damaged' | 'unknownStored' | 'unknownLost';

/** What a transaction writes: by table, then by the key as JSON; `undefined` deletes. */
export type WrittenRows = ReadonlyMap<string, ReadonlyMap<string, StoredRow | undefined>>;

/** What a crash throws: the machine is gone, nobody catches it. */
export class Crash extends Error {}

/** A disk in memory: what is committed stays, whatever happens to those who wrote it. */
export class MemoryDisk {
  /** By table, then by the key as JSON. */
  readonly rows = new Map<string, Map<string, StoredRow>>();
  /** How the commits to come end, in order; then all end well. */
  readonly commitFaults: (CommitFault | undefined)[] = [];
  /** Whether there is no room: every commit fails. @default false */
  full = false;
  /** Writes and commits from now on until the machine dies in the middle. @default never */
  stepsUntilCrash = Infinity;
  /** Told when it dies so, before anything else happens. @default nobody */
  onCrash: (() => void) | undefined;
  /** Told what was stored. @default nobody */
  onStored: ((written: WrittenRows) => void) | undefined;
  /** Told when a commit ends otherwise than it should. @default nobody */
  onFault: ((fault: CommitFault) => void) | undefined;
  /** Commits that were stored. */
  commits = 0;
  /** Values that were read. */
  reads = 0;

  /** Every row, to be damaged. */
  *everyRow(): Generator<{ table: string; id: string; row: StoredRow }> {
    for (const [table, rows] of this.rows) for (const [id, row] of rows) yield { table, id, row };
  }

  /** Flips one bit of a row's value. */
  flip(table: string, id: string, bit: number): void {
    const row = this.rows.get(table)?.get(id);
    assert(row !== undefined, `there is a row ${id}`);
    const value = row.value.slice();
    value[bit >> 3] = (value[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    this.rows.get(table)?.set(id, { ...row, value });
  }

  step(): void {
    this.stepsUntilCrash -= 1;
    if (this.stepsUntilCrash >= 0) return;
    this.onCrash?.();
    throw new Crash('The machine is gone');
  }

  /** The machine loses its power. What was stored is synced, and stays. */
  powerCut(): void {}

  /** Somebody opens what others have stored. */
  reopened(): void {}

  /** How the commit ends that is being made. */
  nextFault(): CommitFault | undefined {
    const fault = this.full ? 'full' : this.commitFaults.shift();
    if (fault !== undefined) this.onFault?.(fault);
    return fault;
  }

  /** Stores what a transaction has written. */
  store(written: WrittenRows): void {
    for (const [table, changed] of written) {
      const rows = this.rows.get(table) ?? new Map<string, StoredRow>();
      this.rows.set(table, rows);
      for (const [id, row] of changed) {
        if (row === undefined) rows.delete(id);
        else rows.set(id, row);
      }
    }
    this.commits += 1;
    this.onStored?.(written);
  }
}

/** A connection to a {@linkcode MemoryDisk}. */
export class MemoryTx implements Tx {
  readonly #disk: MemoryDisk;
  readonly #crc32: Crc32;
  /** What the transaction has written and not committed. */
  #written = new Map<string, Map<string, StoredRow | undefined>>();

  constructor(disk: MemoryDisk, crc32: Crc32) {
    this.#disk = disk;
    this.#crc32 = crc32;
  }

  begin(): void {
    this.#written = new Map();
  }

  get(table: Table, key: Key): Uint8Array | undefined {
    const id = JSON.stringify(key);
    const written = this.#written.get(table.name);
    const row = written?.has(id) === true ? written.get(id) : this.#disk.rows.get(table.name)?.get(id);
    return row === undefined ? undefined : this.#checked(table, row);
  }

  put(table: Table, key: Key, value: Uint8Array): void {
    this.#disk.step();
    this.#write(table, key, { key, value: value.slice(), crc: rowCrc(this.#crc32, table, key, value) });
  }

  delete(table: Table, key: Key): void {
    this.#disk.step();
    this.#write(table, key, undefined);
  }

  deleteRange(table: Table, from: Key, to: Key, limit: number): number {
    const rows = this.#range(table, from, to).slice(0, limit);
    for (const { key } of rows) this.delete(table, key);
    return rows.length;
  }

  scan(table: Table, from: Key, to: Key, options: ScanOptions): [Key, Uint8Array][] {
    const { limit, bytesMax = Infinity, reverse = false } = options;
    const rows = this.#range(table, from, to);
    const found: [Key, Uint8Array][] = [];
    let bytes = 0;
    for (const row of reverse ? rows.toReversed() : rows) {
      if (found.length === limit || bytes > bytesMax) break;
      found.push([row.key, this.#checked(table, row)]);
      bytes += row.value.length;
    }
    return found;
  }

  keys(table: Table, from: Key, to: Key, limit: number): Key[] {
    return this.#range(table, from, to)
      .slice(0, limit)
      .map(({ key }) => key);
  }

  commit(): CommitOutcome {
    this.#disk.step();
    const fault = this.#disk.nextFault();
    const written = this.#written;
    // However it ends, the transaction is over.
    this.#written = new Map();
    if (fault === 'full') return { kind: 'failed', cause: new PacketboatError('diskFull', 'no room') };
    if (fault === 'damaged') return { kind: 'failed', cause: new PacketboatError('damaged', 'a page is damaged') };
    if (fault !== 'unknownLost') this.#disk.store(written);
    if (fault !== undefined) return { kind: 'unknown', cause: new Error('EIO') };
    return { kind: 'ok' };
  }

  rollback(): void {
    this.#written = new Map();
  }

  #write(table: Table, key: Key, row: StoredRow | undefined): void {
    const written = this.#written.get(table.name) ?? new Map<string, StoredRow | undefined>();
    this.#written.set(table.name, written);
    written.set(JSON.stringify(key), row);
  }

  #range(table: Table, from: Key, to: Key): StoredRow[] {
    const merged = new Map<string, StoredRow | undefined>([
      ...(this.#disk.rows.get(table.name) ?? []),
      ...(this.#written.get(table.name) ?? []),
    ]);
    const inside = [...merged.values()].flatMap((row) => {
      return row !== undefined && compareKeys(row.key, from) >= 0 && compareKeys(row.key, to) < 0 ? [row] : [];
    });
    return inside.toSorted((left, right) => compareKeys(left.key, right.key));
  }

  #checked(table: Table, row: StoredRow): Uint8Array {
    this.#disk.reads += 1;
    if (rowCrc(this.#crc32, table, row.key, row.value) === row.crc) return row.value.slice();
    throw damaged(table, row.key, 'its checksum does not match');
  }
}

function compareKeys(left: Key, right: Key): number {
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = typeof part === 'number' ? part - Number(other) : compareNames(part, String(other));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
