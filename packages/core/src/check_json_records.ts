import { type Batch, batchRecords } from './batch.ts';
import { PacketboatError } from './errors.ts';
import { JsonScanner } from './json_scanner.ts';
import type { Limits } from './limits.ts';

/**
 * Checks a batch for an `application/json` stream: each record is one JSON value and nothing else, so that the HTTP
 * door can put records side by side into one array (Durable Streams protocol, section 9.1.4). Gap records are JSON too.
 *
 * @throws {PacketboatError} `badJson`, naming the record.
 */
export function checkJsonRecords(batch: Batch, { jsonDepthMax }: Pick<Limits, 'jsonDepthMax'>): void {
  let number = 0;
  for (const { bytes } of batchRecords(batch)) {
    number += 1;
    try {
      const scanner = new JsonScanner(bytes, jsonDepthMax);
      const end = scanner.value(0);
      if (end < bytes.length) throw scanner.bad(end);
    } catch (error) {
      throw new PacketboatError('badJson', `Record ${number} of its batch: ${(error as Error).message}`);
    }
  }
}
