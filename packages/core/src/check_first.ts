import type { Batch } from './batch.ts';
import { PacketboatError } from './errors.ts';
import { quoted } from './names.ts';

/**
 * Checks the first records of a new stream: nobody can send them a second time, so nothing is remembered of a producer.
 *
 * @throws {PacketboatError} `badRequest`
 */
export function checkFirst(first: Batch | undefined): void {
  if (first?.producer === undefined) return;
  throw new PacketboatError('badRequest', `The first records have a producer, ${quoted(first.producer.id)}`);
}
