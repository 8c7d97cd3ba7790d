import { type Durability, type MessageOf, type Proof, quoted, type serverMessages } from '@packetboat/core';
import { badFrame } from './bad_frame.ts';

/** What an acknowledged batch comes back with: it is stored, once (P1, P2). */
export interface Receipt {
  /** The batch. */
  readonly sequence: number;
  /**
   * Offset of the batch's first record. Receipts are cumulative: only the last batch that one receipt covers is
   * told its offset, and of a duplicate only while the stream remembers it; otherwise `undefined`.
   */
  readonly offset: number | undefined;
  /** Whether the last batch that the receipt covers had been stored by an earlier attempt. */
  readonly duplicate: boolean;
  /** The store's authenticated word on how far the stream has come. */
  readonly proof: Proof;
}

/** Weakest first (P1). */
const durabilities: readonly string[] = ['memory', 'replicated', 'disk'] satisfies Durability[];

/**
 * The proof of a receipt for `stream`.
 *
 * @throws {PacketboatError} `badFrame` when it proves something else.
 */
export function checkProof(
  proof: MessageOf<typeof serverMessages.receipt>['proof'],
  stream: string,
  incarnation: string | undefined,
): Proof {
  if (durabilities.includes(proof.durability) && proof.stream === stream && proof.incarnation === incarnation) {
    return proof as Proof;
  }
  throw badFrame(`a receipt for ${quoted(stream)} proves another`);
}

/** Whether the proof reaches the durability that was demanded (P1). */
export function isAsDurable(proof: Proof, demanded: Durability): boolean {
  return durabilities.indexOf(proof.durability) >= durabilities.indexOf(demanded);
}
