/**
 * The proof that a stream is whole (P5): reads every record, computes count and running CRC-32 by itself, and
 * compares with what the server says of the stream, and with what a sensor's spool says it has put in.
 *
 * It does not verify times and batch boundaries: those are held by the CRC of each batch, which the reader checks.
 */
import type { Client } from '@packetboat/client';
import { type Crc32, PacketboatError, type SpoolStatus, type StreamInfo } from '@packetboat/core';

/** Options of {@linkcode verifyStream}. */
export interface VerifyStreamOptions {
  readonly client: Client;
  readonly stream: string;
  readonly crc32: Crc32;
  readonly signal: AbortSignal;
  /** What the sensor's spool said before. @default nothing is compared with it */
  readonly spool?: SpoolStatus | undefined;
  /** Told how many records of how many were read. @default nobody */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was found. */
export interface Verification {
  readonly stream: string;
  readonly incarnation: string;
  /** Offset of the first retained record. */
  readonly first: number;
  /** Number of records up to which was compared, those before `first` included. */
  readonly records: number;
  /** Computed here, and said by the server. */
  readonly checksum: number;
  readonly serverChecksum: number;
  readonly spool: SpoolVerification | undefined;
  /** All checksums are the same. */
  readonly equal: boolean;
  /** Nothing waits in the spool, and the stream has not lost its end. */
  readonly complete: boolean;
  /** What is wrong, as sentences; empty if nothing. */
  readonly problems: readonly string[];
}

export interface SpoolVerification extends SpoolStatus {
  /** The stream's checksum where the spool's sealed records end; `undefined` when it is not that long. */
  readonly checksumThere: number | undefined;
}

/**
 * Verifies a stream up to where it ends at the beginning of the call; it may grow meanwhile.
 *
 * @throws {PacketboatError} `checksumMismatch` when what arrives contradicts itself, `busy` when the stream is
 * trimmed while it is read.
 */
export async function verifyStream(options: VerifyStreamOptions): Promise<Verification> {
  const { stream, spool } = options;
  const info = await options.client.streams.info(stream);
  const sealedCount = spool?.sealedCount;
  const sums = await sumRecords(options, info, sealedCount === undefined ? [] : [sealedCount]);
  const checksum = sums.get(info.tail) ?? info.firstChecksum;
  const checked = spool === undefined ? undefined : { ...spool, checksumThere: sums.get(spool.sealedCount) };
  const problems = [...streamProblems(info, checksum), ...spoolProblems(checked, info)];
  return {
    stream,
    incarnation: info.incarnation,
    first: info.first,
    records: info.tail,
    checksum,
    serverChecksum: info.checksum,
    spool: checked,
    equal: checksum === info.checksum && (checked === undefined || checked.checksumThere === checked.sealedChecksum),
    complete: info.loss === undefined && (checked === undefined || checked.waiting === 0),
    problems,
  };
}

/** The running checksum at the tail that `info` tells, and at each offset of `marks` before it. */
async function sumRecords(
  { client, stream, crc32, signal, onProgress }: VerifyStreamOptions,
  { first, firstChecksum, tail }: StreamInfo,
  marks: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const wanted = new Set([...marks, tail]);
  const sums = new Map<number, number>([[first, firstChecksum]]);
  let next = first;
  let sum = firstChecksum;
  if (next >= tail) return sums;
  for await (const records of client.read(stream, { from: first, signal }).batches()) {
    for (const { offset, bytes, gap } of records) {
      // A gap without payload is told by the server: records are gone.
      const trimmed = offset !== next || (gap !== undefined && bytes.length === 0);
      if (trimmed) throw new PacketboatError('busy', `${stream} was trimmed while it was read; verify it again`);
      sum = crc32(bytes, sum);
      next += 1;
      if (wanted.has(next)) sums.set(next, sum);
      if (next === tail) return sums;
    }
    onProgress?.(next - first, tail - first);
  }
  throw new PacketboatError('checksumMismatch', `${stream} ended at ${next}, the server had said ${tail}`);
}

function* streamProblems({ loss, tail, checksum }: StreamInfo, computed: number): Generator<string> {
  if (computed !== checksum) yield 'The records are not those that the server has summed: the checksums differ.';
  if (loss !== undefined) yield `The stream lost its end: it once had ${loss.tail} records, now ${tail}.`;
}

function* spoolProblems(spool: SpoolVerification | undefined, { first, tail }: StreamInfo): Generator<string> {
  if (spool === undefined) return;
  const { sealedCount, sealedChecksum, checksumThere, waiting } = spool;
  if (waiting > 0) yield `Not complete: ${waiting} samples wait in the spool.`;
  else if (checksumThere === undefined) {
    yield `The spool's ${sealedCount} records cannot be compared: the stream has offsets ${first} to ${tail}.`;
  }
  if (checksumThere !== undefined && checksumThere !== sealedChecksum) {
    yield 'The stream does not hold what the spool has sealed: the checksums differ.';
  }
}
