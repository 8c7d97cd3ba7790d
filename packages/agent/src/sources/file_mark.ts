/**
 * Where the reading of a followed file stands. It is stored in the spool in the same transaction as the records
 * that were read up to there, so file and spool cannot get out of step: after a crash at any moment the
 * reading goes on exactly behind the last line that was stored.
 */
import { PacketboatError } from '@packetboat/core';

/** A position in a file, with what is needed to find that file again after it was renamed, copied or replaced. */
export interface FileMark {
  /** Identity of the file on its disk, as decimal text. */
  readonly inode: string;
  /** Everything before this byte is done with. */
  readonly offset: number;
  /** CRC-32 of the last bytes before `offset`: at most {@linkcode fingerprintBytes}. */
  readonly fingerprint: number;
  /** Whether `offset` is inside a line that is too long to be a record. */
  readonly inLongLine: boolean;
}

/** How many bytes before the offset are remembered by their CRC. */
export const fingerprintBytes = 1_024;

const version = 1;

export function encodeFileMark(mark: FileMark): string {
  return JSON.stringify({ file: version, ...mark });
}

/**
 * Reads a mark. Without one, or with another source's, the file is new to us: `undefined`.
 *
 * @throws {PacketboatError} `storeVersion` for a file mark that a newer version wrote.
 */
export function decodeFileMark(text: string | undefined): FileMark | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('file' in value)) return undefined;
  const { file, inode, offset, fingerprint, inLongLine } = value as Partial<FileMark> & { file: unknown };
  if (file !== version) throw new PacketboatError('storeVersion', `File mark of version ${String(file)} is unknown`);
  if (inode === undefined || offset === undefined || fingerprint === undefined || inLongLine === undefined) {
    throw new PacketboatError('damaged', `File mark ${text} is incomplete`);
  }
  return { inode, offset, fingerprint, inLongLine };
}
