import { PacketboatError } from '@packetboat/core';

/** Where a subscription begins, as the server is told. */
export type StartingPoint =
  | { readonly at: 'start' | 'now' | 'cursor' }
  | { readonly at: 'offset'; readonly offset: number };

/** @throws {PacketboatError} `badRequest` for what is no place to begin at. */
export function startingPoint(from: 'start' | 'now' | 'cursor' | number, cursor: string | undefined): StartingPoint {
  if (from === 'cursor' && cursor === undefined) {
    throw new PacketboatError('badRequest', "from is 'cursor', and cursor has no name");
  }
  if (typeof from !== 'number') return { at: from };
  if (Number.isSafeInteger(from) && from >= 0) return { at: 'offset', offset: from };
  throw new PacketboatError('badRequest', `from is ${from}, not an offset`);
}

/** The offset that a starting point is, when that does not depend on what the server has. */
export function startingOffset(from: StartingPoint): number | undefined {
  if (from.at === 'offset') return from.offset;
  return from.at === 'start' ? 0 : undefined;
}
