import type { DatabaseSync } from 'node:sqlite';
import type { Crc32, Key, Table } from '@packetboat/core';
import { type Counters, countersKey, decodeMapRow, type Garbage } from '../store/engine_state.ts';
import { decodeJson } from '../store/json_row.ts';
import { tablesOf } from '../store/database.ts';
import { type WalkedRow, walkRows } from '../store/scrub.ts';
import { SqliteTx } from '../store/sqlite_tx.ts';
import { decodeStreamRow, type StreamRow } from '../store/stream_row.ts';
import { tables } from '../store/tables.ts';
import type { Findings } from './check_report.ts';
import { StreamVerifier } from './verify_stream.ts';

/** What the store's small tables say, needed to judge the large ones. */
interface Overview {
  /** Every stream by name, and the living ones by number. */
  readonly streams: ReadonlyMap<string, StreamRow>;
  readonly living: ReadonlyMap<number, StreamRow>;
  /** The living forks by each number they stem from. */
  readonly forks: ReadonlyMap<number, readonly StreamRow[]>;
  /** Numbers of deleted streams that are kept for their forks. */
  readonly kept: ReadonlySet<number>;
  readonly garbage: ReadonlyMap<number, Garbage>;
}

/**
 * Verifies everything in the store's database: SQLite's own structure, each row's CRC, each stream, and that rows
 * belong to something.
 *
 * @param onBytes Told how many bytes of segments were verified since the last time.
 * @returns the streams that could be read, by name.
 */
export function checkDatabase(
  database: DatabaseSync,
  crc32: Crc32,
  findings: Findings,
  onBytes: (bytes: number) => void,
): ReadonlyMap<string, StreamRow> {
  findings.attempt('store.db', () => checkStructure(database, findings));
  const overview = readOverview(database, crc32, findings);
  findings.streams = overview.living.size;
  checkSegments(database, crc32, overview, findings, onBytes);
  for (const table of [tables.producers, tables.keys]) {
    for (const { key } of soundRows(database, crc32, table, findings)) checkOwner(overview, table, key, findings);
  }
  // The end of a key may outlive its stream: only the row itself can be wrong.
  if (tablesOf(database).includes(tables.keyEnds)) {
    for (const _ of soundRows(database, crc32, tables.keyEnds, findings));
  }
  return overview.streams;
}

function checkStructure(database: DatabaseSync, findings: Findings): void {
  for (const row of database.prepare('PRAGMA integrity_check').iterate()) {
    const message = String(Object.values(row)[0]);
    if (message !== 'ok') findings.add('damaged', 'store.db', message);
  }
}

function readOverview(database: DatabaseSync, crc32: Crc32, findings: Findings): Overview {
  const streams = new Map<string, StreamRow>();
  for (const { key, value } of soundRows(database, crc32, tables.streams, findings)) {
    streams.set(String(key[0]), decodeStreamRow(value));
  }
  const garbage = new Map<number, Garbage>();
  for (const { key, value } of soundRows(database, crc32, tables.garbage, findings)) {
    garbage.set(Number(key[0]), decodeJson(value) as Garbage);
  }
  let entries = 0;
  let revision = 0;
  for (const { value } of soundRows(database, crc32, tables.map, findings)) {
    entries += 1;
    revision = Math.max(revision, decodeMapRow(value).revision);
  }
  const living = [...streams.values()].filter((row) => !row.deleted);
  for (const { stream, loss } of living) {
    if (loss === undefined) continue;
    findings.add('dataLossDetected', stream, `${loss.tail} records were acknowledged; nobody has accepted the loss`);
  }
  const nextNumber = Math.max(0, ...[...streams.values()].map((row) => row.number)) + 1;
  const found = { nextNumber, revision, streams: streams.size, entries };
  checkMeta(database, crc32, found, findings);
  const kept = new Set([...streams.values()].flatMap((row) => (row.kept === true ? [row.number] : [])));
  return { streams, living: new Map(living.map((row) => [row.number, row])), forks: forksOf(living), kept, garbage };
}

function forksOf(living: readonly StreamRow[]): Map<number, StreamRow[]> {
  const forks = new Map<number, StreamRow[]>();
  for (const row of living) {
    for (const { number } of row.fork?.ancestors ?? []) forks.set(number, [...(forks.get(number) ?? []), row]);
  }
  return forks;
}

function checkMeta(database: DatabaseSync, crc32: Crc32, found: Counters, findings: Findings): void {
  const rows = new Map<string, Uint8Array>();
  for (const { key, value } of soundRows(database, crc32, tables.meta, findings)) rows.set(String(key[0]), value);
  if (!rows.has('identity')) findings.add('damaged', 'meta', 'the identity of the store is missing');
  const bytes = rows.get(String(countersKey[0]));
  if (bytes === undefined) return findings.add('damaged', 'meta', 'the counters are missing');
  const counters = decodeJson(bytes) as Counters;
  const fits =
    counters.streams === found.streams &&
    counters.entries === found.entries &&
    counters.revision >= found.revision &&
    counters.nextNumber >= found.nextNumber;
  if (fits) return;
  findings.add('damaged', 'meta', `the store counts ${JSON.stringify(counters)}; there is ${JSON.stringify(found)}`);
}

function checkSegments(
  database: DatabaseSync,
  crc32: Crc32,
  overview: Overview,
  findings: Findings,
  onBytes: (bytes: number) => void,
): void {
  const ports = { tx: new SqliteTx(database, crc32, 'read'), crc32 };
  const unfinished = new Map(overview.living);
  const verifiers = new Map<number, StreamVerifier>();
  const verifierOf = (row: StreamRow) => {
    const verifier = verifiers.get(row.number) ?? new StreamVerifier(row, ports, findings);
    verifiers.set(row.number, verifier);
    return verifier;
  };
  const finish = (number: number) => {
    const row = unfinished.get(number);
    if (row !== undefined) verifierOf(row).finish();
    unfinished.delete(number);
    verifiers.delete(number);
  };
  let current = 0;
  let readers: readonly StreamVerifier[] = [];
  // A fork has a higher number than those it stems from, so its segments come in order, and its own ones last.
  for (const row of rowsOf(database, crc32, tables.segments, findings)) {
    const number = Number(row.key[0]);
    if (number !== current) {
      finish(current);
      const owner = unfinished.get(number);
      readers = [...(owner === undefined ? [] : [owner]), ...(overview.forks.get(number) ?? [])].map(verifierOf);
      current = number;
    }
    checkOwner(overview, tables.segments, row.key, findings);
    let isVerified = false;
    for (const reader of readers) isVerified = reader.add(row, isVerified) || isVerified;
    onBytes(row.value.length);
  }
  for (const number of unfinished.keys()) finish(number);
}

/** Rows belong to a stream that lives or that forks stem from, or wait to be deleted. */
function checkOwner({ living, forks, kept, garbage }: Overview, table: Table, key: Key, findings: Findings): void {
  const number = Number(key[0]);
  if (living.has(number) || forks.has(number) || kept.has(number)) return;
  if (garbage.get(number)?.before === 'everything') return;
  findings.add('damaged', `${table.name} ${JSON.stringify(key)}`, 'it belongs to no stream');
}

/** The rows of a table that are whole; the others are problems. */
function* soundRows(database: DatabaseSync, crc32: Crc32, table: Table, findings: Findings): Generator<WalkedRow> {
  for (const row of rowsOf(database, crc32, table, findings)) {
    if (row.intact) yield row;
    else findings.add('damaged', `${table.name} ${JSON.stringify(row.key)}`, 'its checksum does not match');
  }
}

/** All rows of a table, as far as SQLite can read it. */
function* rowsOf(database: DatabaseSync, crc32: Crc32, table: Table, findings: Findings): Generator<WalkedRow> {
  try {
    yield* walkRows(database, crc32, table, undefined, Number.MAX_SAFE_INTEGER);
  } catch (error) {
    findings.add('damaged', table.name, `the rest of the table cannot be read: ${String(error)}`);
  }
}
