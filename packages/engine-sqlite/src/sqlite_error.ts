/** What a failure of `node:sqlite` means to Packetboat. */
import { type ErrorCode, PacketboatError } from '@packetboat/core';

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html. */
const codes = new Map<number, ErrorCode>([
  [5, 'busy'], // SQLITE_BUSY: another process holds the lock for longer than the timeout
  [6, 'busy'], // SQLITE_LOCKED
  [11, 'damaged'], // SQLITE_CORRUPT
  [13, 'diskFull'], // SQLITE_FULL: ENOSPC from a write; from a sync it is an I/O error, as P8 wants it
  [26, 'damaged'], // SQLITE_NOTADB
]);

/** The primary result code of an error that SQLite reported, or `undefined` for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/**
 * `error` as a {@linkcode PacketboatError}: `diskFull`, `damaged`, `busy`, or `storeFailed` for everything that leaves
 * us uncertain (P8). Errors that are ours already pass unchanged.
 *
 * @param doing What was being done, as the beginning of the sentence: `Cannot seal a batch of /data/spool`.
 */
export function fromSqlite(error: unknown, doing: string): Error {
  const code = sqliteCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const reason = error instanceof Error ? error.message : String(error);
  return new PacketboatError(codes.get(code) ?? 'storeFailed', `${doing}: ${reason}`, { cause: error });
}
