/**
 * The port for a client's outgoing records on its own disk. In Node the embedded engine's spool stands behind
 * it, in a browser IndexedDB. One spool feeds one stream through one producer.
 *
 * A record gets its sample number when it is put in, durably. Records are sealed into batches when they are about
 * to be sent; a batch's bytes, CRC and sequence are durable before the first byte leaves, and it is only
 * ever sent again bit-identical. What was never sealed may still be degraded when the spool is full; it is then
 * replaced by an explicit gap (P6).
 */
import type { RecordInput } from './batch.ts';

/** A batch that may be (or was) sent and is not acknowledged. */
export interface SpooledBatch {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export interface SpoolStatus {
  /** The stream that the spool feeds, for its whole life. */
  readonly stream: string;
  /** Producer id and epoch under which batches are sealed. */
  readonly producerId: string;
  readonly epoch: number;
  /** Sample number the next record gets: how many were ever put in. */
  readonly produced: number;
  /** Records acknowledged by the server, gaps counted as the records they stand for. */
  readonly acknowledged: number;
  /** Records waiting, sealed or not, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Records lost to the spool's limit, told as gaps. */
  readonly lost: number;
  /** Records set aside because their stored bytes failed their CRC. */
  readonly quarantined: number;
  /** Number of records (gaps are one each) and running checksum of all that was ever sealed: what the
   * stream must hold when everything is acknowledged and nobody else writes to it. */
  readonly sealedCount: number;
  readonly sealedChecksum: number;
}

export interface Spool {
  /**
   * Stores records durably, in order.
   *
   * `mark` is the source's own note of how far it has come (a file and an offset in it). It is stored in the same
   * transaction as the records, so that a source that starts again neither loses nor repeats one. With a mark,
   * `records` may be empty: the source has passed something that is no record.
   * @returns the sample number of the first.
   * @throws {PacketboatError} `spoolFull` under the policy `block`, `diskFull`, `storeFailed`.
   */
  put(records: readonly RecordInput[], mark?: string): Promise<number>;
  /**
   * Settles when the caller is the one who ships: nobody else seals and acknowledges then, until `close`. Only where
   * several may have a spool open without roles (the pages of a browser); otherwise opening it is claiming it.
   */
  claim?(signal?: AbortSignal): Promise<void>;
  /** The last mark stored, if there ever was one. */
  mark(): Promise<string | undefined>;
  /** Batches sealed earlier and not acknowledged, oldest first: to be sent again. */
  unacknowledged(): AsyncIterable<SpooledBatch>;
  /** Seals up to `bytesMax` bytes of what waits, or returns `undefined` when nothing does. */
  seal(bytesMax: number): Promise<SpooledBatch | undefined>;
  /** Forgets batches up to and including `sequence`: the server has them. */
  acknowledge(sequence: number): Promise<void>;
  /** Settles when something may be waiting that was not before (also put in by another process). */
  wait(signal?: AbortSignal): Promise<void>;
  status(): Promise<SpoolStatus>;
  close(): Promise<void>;
}
