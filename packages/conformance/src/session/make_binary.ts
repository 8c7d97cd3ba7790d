import { encodePart } from '@packetboat/core';
import type { BinaryWish } from './case.ts';
import type { Variables } from './variables.ts';

/** The binary message that a case wishes for. */
export function makeBinary(wish: BinaryWish, variables: Variables): Uint8Array {
  if (typeof wish === 'string') return Buffer.from(wish, 'hex');
  const zeros = new Uint8Array(Math.ceil(variables.amount(wish.bytes)));
  return wish.part === undefined ? zeros : encodePart(wish.part, false, zeros);
}
