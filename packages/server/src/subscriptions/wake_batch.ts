import { type Crc32, openBatches, type ProducerPosition, type Segment, storedLimits } from '@packetboat/core';
import { isReservedName } from '../broker/reserved_names.ts';

/** How producers of wakes are called: no client may call itself so. */
const prefix = '__ds/';

/**
 * Who writes that a subscription has work, in its wake stream: each generation is an epoch of its own, so that it is
 * written once however often that is tried (P2), and never after a later one.
 *
 * @param incarnation Of the subscription's stream.
 */
export function wakeProducer(incarnation: string, generation: number): ProducerPosition {
  return { id: prefix + incarnation, epoch: generation, sequence: 0 };
}

/** Whether all that a commit stored was written by wakes. */
export function tellsOfWakes({ bytes }: Segment, crc32: Crc32): boolean {
  return openBatches(bytes, crc32, storedLimits).every(
    ({ producer }) => producer !== undefined && isReservedName(producer.id),
  );
}
