import { type AppendOutcome, type AppendRequest, type Batch, batchRecords, PacketboatError } from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';
import { storedParts } from './stored_parts.ts';

type Duplicate = AppendOutcome & { readonly kind: 'duplicate' };

/**
 * Checks that a request which came with an `Idempotency-Key` asks for what was stored under that key: else its records
 * would be acknowledged and lost (P1). What is not known or kept any more cannot be compared, and
 * passes.
 *
 * @throws {PacketboatError} `keyReused`
 */
export async function checkSameAppend(
  { store, reads, world }: Broker,
  { stream, batch }: AppendRequest,
  { incarnation, offset }: Duplicate,
): Promise<void> {
  if (offset === undefined) return;
  const outcome = await reads.run(() => store.log.read(stream, offset, 1));
  if (outcome.kind !== 'segments' || outcome.info.incarnation !== incarnation) return;
  const [part] = storedParts(outcome.segments, offset, world.crc32);
  // No record stands where nothing but the end was stored.
  const isSame = part === undefined ? batch.count === 0 : isAlike(part.batch, batch);
  if (!isSame) throw new PacketboatError('keyReused', 'The Idempotency-Key was used for another append to this stream');
}

/** Whether two batches say the same, at whatever time. */
function isAlike(one: Batch, other: Batch): boolean {
  if (one.count !== other.count || one.close !== other.close) return false;
  const others = batchRecords(other);
  return batchRecords(one).every(({ bytes }) => Buffer.compare(bytes, others.next().value?.bytes ?? bytes) === 0);
}
