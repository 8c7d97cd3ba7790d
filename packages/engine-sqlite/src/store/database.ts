import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { compareNames, type Crc32, PacketboatError, type Tx } from '@packetboat/core';
import { syncFolder } from '../make_folder.ts';
import { fromSqlite } from '../sqlite_error.ts';
import { Engine } from './engine.ts';
import { decodeJson, encodeJson } from './json_row.ts';
import { damaged } from './row_crc.ts';
import { columns, SqliteTx } from './sqlite_tx.ts';
import { type EngineTable, tables } from './tables.ts';

/** "PKBT": marks the database as a store of Packetboat. */
const applicationId = 0x504b4254;
const identityKey = ['identity'];
/** Two pages for a lone append, and few overflow pages for a segment of 1 MiB. */
const pageBytes = 8_192;
const cacheKib = 32_768;

/** Who a store is. */
export interface Identity {
  /** Changes when a backup is restored. */
  readonly id: string;
  /** The key that authenticates receipts, base64url. Never shown. */
  readonly macKey: string;
}

/** Forward-only: the database of version n has the tables of the first n of them. */
const migrations: readonly (readonly EngineTable[])[] = [
  [tables.meta, tables.streams, tables.segments, tables.producers, tables.keys, tables.map, tables.garbage],
  [tables.keyEnds],
];

/** Path of a store's database. */
export function databasePath(folder: string): string {
  return join(folder, 'store.db');
}

/** How a connection is used. Only the writer changes rows; the keeper checkpoints and reads. */
export type ConnectionRole = 'writer' | 'keeper' | 'reader';

/**
 * Opens a connection to the store's database.
 *
 * @throws {PacketboatError} `storeVersion` when a newer Packetboat wrote it, `damaged` when it is no database of ours.
 */
export function connect(folder: string, role: ConnectionRole): DatabaseSync {
  const path = databasePath(folder);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: role === 'reader', timeout: 5_000 });
    database.enableDefensive?.(true);
    checkVersion(database, path);
    database.exec(`PRAGMA cache_size = -${cacheKib}`);
    if (role !== 'reader') database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
    if (role === 'writer') migrate(database);
    checkSchema(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw fromSqlite(error, `Cannot open ${path}`);
  }
}

/** Makes the store's database, whole or not at all: under another name first. */
export function createDatabase(folder: string, identity: Identity, crc32: Crc32): void {
  const path = databasePath(folder);
  for (const evidence of ['store.db-wal', 'witness.log']) {
    const left = join(folder, evidence);
    if (!existsSync(left) || statSync(left).size === 0) continue;
    throw new PacketboatError('damaged', `${path} is missing, but ${evidence} of it is there; restore a backup`);
  }
  const temporary = `${path}.new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(temporary + suffix, { force: true });
  const database = new DatabaseSync(temporary);
  try {
    database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL`);
    database.exec(`PRAGMA synchronous = FULL; PRAGMA application_id = ${applicationId}`);
    migrate(database);
    const tx = new SqliteTx(database, crc32, 'write');
    tx.begin();
    Engine.create({ tx });
    writeIdentity(tx, identity);
    const outcome = tx.commit();
    if (outcome.kind !== 'ok') throw outcome.cause;
  } finally {
    database.close();
  }
  renameSync(temporary, path);
  syncFolder(folder);
}

/** @throws {PacketboatError} `damaged` */
export function readIdentity(tx: Tx): Identity {
  const bytes = tx.get(tables.meta, identityKey);
  if (bytes === undefined) throw damaged(tables.meta, identityKey, 'it is missing');
  return decodeJson(bytes) as Identity;
}

export function writeIdentity(tx: Tx, identity: Identity): void {
  tx.put(tables.meta, identityKey, encodeJson(identity));
}

function checkVersion(database: DatabaseSync, path: string): void {
  const application = pragma(database, 'application_id');
  if (application !== applicationId) throw new PacketboatError('damaged', `${path} is no store of Packetboat`);
  const version = pragma(database, 'user_version');
  if (version > migrations.length) {
    throw new PacketboatError(
      'storeVersion',
      `${path} has version ${version}, this Packetboat knows ${migrations.length}`,
    );
  }
}

function tableSql(table: EngineTable): string {
  const names = columns(table);
  const keys = names.map((name, index) => `${name} ${table.key[index] === 'text' ? 'TEXT' : 'INTEGER'} NOT NULL`);
  const values = 'value BLOB NOT NULL, crc INTEGER NOT NULL';
  const primary = `PRIMARY KEY (${names.join(', ')})`;
  return `CREATE TABLE ${table.name} (${keys.join(', ')}, ${values}, ${primary}) STRICT${table.values === 'small' ? ', WITHOUT ROWID' : ''}`;
}

/** The tables that a database of its version has. */
export function tablesOf(database: DatabaseSync): readonly EngineTable[] {
  return migrations.slice(0, pragma(database, 'user_version')).flat();
}

/** Nothing but this guards the names and types of the columns against rot. @throws {PacketboatError} `damaged` */
function checkSchema(database: DatabaseSync, path: string): void {
  const found = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const expected = tablesOf(database).map(tableSql).toSorted(compareNames);
  const same = JSON.stringify(found.map(({ sql }) => String(sql)).toSorted(compareNames)) === JSON.stringify(expected);
  if (!same) throw new PacketboatError('damaged', `${path} does not hold the tables of this version`);
}

function migrate(database: DatabaseSync): void {
  const version = pragma(database, 'user_version');
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    database.exec('BEGIN IMMEDIATE');
    for (const table of migration) database.exec(tableSql(table));
    database.exec(`PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** The number that `PRAGMA name` answers. */
export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
