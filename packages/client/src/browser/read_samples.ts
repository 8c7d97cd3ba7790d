import { type Crc32, type Clock, gapSample, sampleBytes, type SpoolSample } from '@packetboat/core';
import type { BrowserPlatform, IdbTable } from './browser_platform.ts';
import { resultOf, type SampleRow, type StateRow } from './spool_database.ts';

/** A sample that was read. */
export interface StoredSample extends SpoolSample {
  /** Bytes that the rows take which it is read from. */
  readonly storedBytes: number;
  /** Whether it is a gap that no row tells of, because what was there is missing or fails its CRC. */
  readonly damaged: boolean;
}

interface Means {
  readonly platform: Pick<BrowserPlatform, 'IDBKeyRange'>;
  readonly world: { readonly crc32: Crc32; readonly clock: Clock };
}

/** Rows read at first, and at most at a time. */
const rowsFirst = 16;
const rowsMax = 4_096;

/**
 * Yields the samples that wait, without a hole: where rows are missing or fail their CRC, a gap `damaged`, which takes
 * the time of what follows it.
 *
 * @param bytesWanted What will be taken, about: no more than twice as much is in memory.
 */
export async function* readSamples(
  { platform, world }: Means,
  samples: IdbTable<SampleRow>,
  { sealedTo, produced }: Readonly<StateRow>,
  bytesWanted: number,
): AsyncGenerator<StoredSample> {
  let next = sealedTo;
  let damagedBytes = 0;
  let bytesRead = 0;
  let rowsRead = 0;
  for (let at = sealedTo; at < produced; ) {
    const rowBytes = rowsRead === 0 ? bytesWanted : bytesRead / rowsRead;
    const count = rowsRead === 0 ? rowsFirst : Math.min(rowsMax, Math.max(1, Math.ceil(bytesWanted / rowBytes)));
    const rows = await resultOf(samples.getAll(platform.IDBKeyRange.bound(at, produced, false, true), count));
    for (const row of rows) {
      const storedBytes = sampleBytes(row.bytes);
      bytesRead += storedBytes;
      if (world.crc32(row.bytes) !== row.crc || row.from < next) {
        damagedBytes += storedBytes;
        continue;
      }
      if (row.from > next) {
        yield { ...gapSample(next, row.from, 'damaged', row.timeNs), storedBytes: damagedBytes, damaged: true };
        damagedBytes = 0;
      }
      const { kind, from, to, timeNs, bytes } = row;
      yield { kind, from, to, timeNs, bytes, storedBytes, damaged: false };
      next = to;
    }
    rowsRead += rows.length;
    at = rows.length < count ? produced : (rows.at(-1)?.from ?? 0) + 1;
  }
  if (next < produced) {
    const gap = gapSample(next, produced, 'damaged', world.clock.wallNs());
    yield { ...gap, storedBytes: damagedBytes, damaged: true };
  }
}
