import { PacketboatError, quoted, type StreamInfo } from '@packetboat/core';

/** 16 hexadecimal digits of lineage, an underscore, 16 decimal digits of offset: tokens of a stream sort as its offsets. */
const tokenPattern = /^([0-9a-f]{16})_(\d{16})$/;
/** The beginning of any stream, for those who know no token of it yet. */
const beginning = '0000000000000000_0000000000000000';

/** An offset as HTTP clients see it (protocol section 8). A fork's tokens are its source's up to where it left. */
export function encodeOffset({ lineage }: Pick<StreamInfo, 'lineage'>, offset: number): string {
  return `${lineage}_${String(offset).padStart(16, '0')}`;
}

/** What a token says. */
export interface OffsetToken {
  readonly offset: number;
  /** Whose offset it is; every stream's when absent: the beginning. */
  readonly lineage: string | undefined;
}

/**
 * Reads a token. `-1` is the beginning; `now` is for the caller.
 *
 * @throws {PacketboatError} `badRequest` for what is no token.
 */
export function parseOffset(token: string): OffsetToken {
  if (token === '-1' || token === beginning) return { offset: 0, lineage: undefined };
  const [, lineage, digits] = tokenPattern.exec(token) ?? [];
  const offset = Number(digits);
  if (lineage === undefined || !Number.isSafeInteger(offset)) {
    throw new PacketboatError('badRequest', `${quoted(token)} is no offset`);
  }
  return { offset, lineage };
}

/** @throws {PacketboatError} `badRequest` for a token of another stream. */
export function checkLineage({ lineage }: Pick<StreamInfo, 'lineage'>, token: OffsetToken): void {
  if (token.lineage === undefined || token.lineage === lineage) return;
  throw new PacketboatError('badRequest', `Offset ${token.lineage}_${token.offset} is of another stream`);
}

/**
 * The offset in a stream that a token names.
 *
 * @throws {PacketboatError} `badRequest` for what is no token, or one of another lineage.
 */
export function decodeOffset(stream: Pick<StreamInfo, 'lineage'>, token: string): number {
  const parsed = parseOffset(token);
  checkLineage(stream, parsed);
  return parsed.offset;
}
