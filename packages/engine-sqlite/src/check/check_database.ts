import type { DatabaseSync } from 'node:sqlite';
import type { Crc32, Key, Table } from '@packetboat/core';
import { type Counters, countersKey, decodeMapRow, type Garbage } from '../store/engine_state.ts';
import { decodeJson } from '../store/json_row.ts';
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
  return { streams, living: new Map(living.map((row) => [row.number, row])), garbage };
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
  const unseen = new Map(overview.living);
  let verifier: StreamVerifier | undefined;
  let current: number | undefined;
  for (const row of rowsOf(database, crc32, tables.segments, findings)) {
    const number = Number(row.key[0]);
    if (number !== current) {
      verifier?.finish();
      const stream = unseen.get(number);
      verifier = stream === undefined ? undefined : new StreamVerifier(stream, ports, findings);
      unseen.delete(number);
      current = number;
    }
    checkOwner(overview, tables.segments, row.key, findings);
    verifier?.add(row);
    onBytes(row.value.length);
  }
  verifier?.finish();
  for (const row of unseen.values()) new StreamVerifier(row, ports, findings).finish();
}

/** Rows belong to a stream that lives, or wait to be deleted. */
function checkOwner({ living, garbage }: Overview, table: Table, key: Key, findings: Findings): void {
  const number = Number(key[0]);
  if (living.has(number) || garbage.get(number)?.before === 'everything') return;
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
