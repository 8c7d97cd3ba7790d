/**
 * One table says everything about an error code: what it means to a person, what each
 * door answers, and whether coming back can help. Docs and doors are made from it.
 *
 * Close codes come in ranges (RFC 6455 section 7.4.2 leaves 4000–4999 to applications):
 * 4000–4099 come back at once or after `retryAfterMs`; 4400–4499 do not come back as you are.
 */
export interface ErrorRow {
  /** HTTP status (RFC 9110). */
  readonly status: number;
  /** WebSocket close code, when this error ends a connection. */
  readonly close: number;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** What a person can do about it: one sentence. */
  readonly hint: string;
}

const row = (status: number, close: number, retryable: boolean, hint: string): ErrorRow =>
  Object.freeze({ status, close, retryable, hint });

/** Every code that Packetboat can answer with. */
export const errorTable = Object.freeze({
  // The request is malformed: sending it again cannot help.
  badRequest: row(400, 4400, false, 'Compare the request with its documentation.'),
  badBatch: row(400, 4400, false, 'The batch is damaged or malformed; seal it again from its records.'),
  badFrame: row(400, 4400, false, 'The frame does not follow the session protocol.'),
  badName: row(400, 4400, false, 'Names are paths of 1 to 512 bytes, without empty, "." or ".." parts.'),
  badLine: row(400, 4400, false, 'A line is: name, one or more values, time in nanoseconds.'),
  badFault: row(400, 4400, false, 'Faults and schedules are described in docs/proxy.md.'),
  badJson: row(400, 4400, false, 'Send valid JSON (RFC 8259) as UTF-8, one value per record.'),
  notUtf8: row(400, 4400, false, 'Send text as UTF-8.'),
  tooLarge: row(413, 4413, false, 'Send smaller records or batches; see the limits in the welcome.'),
  headersTooLarge: row(431, 4400, false, 'Send fewer and shorter header fields.'),
  urlTooLong: row(414, 4400, false, 'Ask for a shorter path.'),
  unsupportedMediaType: row(415, 4415, false, 'Send the body without Content-Encoding, as the type the stream has.'),
  unknownPath: row(404, 4400, false, 'All paths are listed at /docs/api.'),
  unknownMethod: row(404, 4400, false, 'Ask for one of the documented methods.'),
  methodNotAllowed: row(405, 4400, false, 'Use one of the methods named in the Allow header.'),
  unknownVersion: row(400, 4426, false, 'Update the older of the two sides.'),
  wrongHost: row(421, 4400, false, 'Add this host name to the allowed hosts of the server.'),
  wrongOrigin: row(403, 4400, false, 'Let pages of this origin in with the setting --cors-origin of the server.'),
  forbidden: row(403, 4403, false, 'Ask the owner of the stream for a grant.'),
  unauthorized: row(401, 4401, false, 'Present valid credentials.'),

  // The append was decided against: the stream is unchanged.
  notFound: row(404, 4404, false, 'Create the stream first, or check its name.'),
  expired: row(410, 4410, false, 'The session was away for longer than its window; begin a new one.'),
  takenOver: row(409, 4409, false, 'Another connection goes on in this session; end one of the two programs.'),
  gone: row(410, 4410, false, 'The stream was deleted; a new one may be created under the name.'),
  softDeleted: row(410, 4410, false, 'The stream was deleted; its name is free again when its forks are gone.'),
  forkSourceNotFound: row(404, 4404, false, 'Check the name of the stream to fork.'),
  forkSourceDeleted: row(409, 4409, false, 'A deleted stream takes no new forks; fork one of its forks.'),
  forkOffsetInvalid: row(400, 4400, false, 'Fork at an offset that the server gave you, within the source.'),
  exists: row(409, 4409, false, 'Use the existing stream, or another name.'),
  closed: row(409, 4409, false, 'The stream takes no more records.'),
  staleEpoch: row(403, 4403, false, 'A newer life of this producer has taken over; stop this one.'),
  epochStart: row(400, 4400, false, 'A new epoch begins with sequence 0.'),
  sequenceGap: row(409, 4409, false, 'Send the missing sequence first.'),
  sequenceReused: row(409, 4409, false, 'A sequence names one sealed batch; use the next sequence.'),
  streamSeqRegressed: row(409, 4409, false, 'Stream-Seq must grow with every append.'),
  offsetConflict: row(409, 4409, false, 'Somebody appended first; read the stream and decide again.'),
  incarnationMismatch: row(409, 4409, false, 'The stream was created anew; open it again.'),
  contentTypeMismatch: row(409, 4409, false, 'Append records of the content type the stream was created with.'),
  producerLimit: row(429, 4429, false, 'Reuse producer ids, or raise producersPerStreamMax.'),
  durabilityUnavailable: row(409, 4409, false, 'This store cannot promise the durability you demand.'),

  // Cursors, subscriptions and reads.
  trimmed: row(410, 4410, false, 'Those records were dropped by retention; read on from the first that is kept.'),
  offsetOutOfRange: row(416, 4416, false, 'Read from an offset between the first and the tail.'),
  cursorRegressed: row(409, 4409, false, 'A cursor never goes back; read with --from instead.'),
  cursorAhead: row(400, 4400, false, 'A cursor cannot pass the records that exist.'),
  revisionConflict: row(409, 4409, false, 'Somebody changed the value first; read it and decide again.'),
  alreadySubscribed: row(409, 4409, false, 'A connection reads each stream once; open a second connection.'),
  limitReached: row(429, 4429, false, 'Close something first, or raise the limit that the message names.'),
  keyReused: row(422, 4422, false, 'Give every new request an Idempotency-Key of its own.'),

  // The server cannot do it now.
  busy: row(503, 4008, true, 'The server has as much waiting as it may hold; come back shortly.'),
  fullHouse: row(503, 4008, true, 'The server has as many connections as it may hold; come back shortly.'),
  rateLimited: row(429, 4008, true, 'Come back after the time given.'),
  keyInUse: row(409, 4008, true, 'The first request with this Idempotency-Key is still being worked on; ask again.'),
  stopping: row(503, 4000, true, 'The server is being stopped or restarted; connect again.'),
  timeout: row(408, 4001, true, 'The peer was silent for too long; connect again.'),
  slowReader: row(408, 4001, true, 'The connection did not read for too long; connect and continue.'),
  unreachable: row(503, 4001, true, 'Check the address, and that the server runs.'),
  diskFull: row(507, 4008, true, 'Free space on the disk of the server; writing resumes by itself.'),
  spoolFull: row(507, 4008, true, 'Raise the spool limit, or let it degrade old data.'),
  queueFull: row(503, 4008, true, 'Wait until earlier records are acknowledged.'),

  // Something was lost or broken: a person must look.
  dataLossDetected: row(
    409,
    4409,
    false,
    'Look at the backup, then accept the loss with: packetboat streams accept-loss.',
  ),
  damaged: row(500, 4500, false, 'Stored bytes fail their checksum; run packetboat check and restore a backup.'),
  storeFailed: row(500, 4500, false, 'A write or sync failed; look at the disk, then start the server again.'),
  storeLocked: row(409, 4409, false, 'Another process uses this folder; stop it first.'),
  storeVersion: row(409, 4409, false, 'The folder was written by a newer Packetboat; use that version.'),
  wrongStore: row(409, 4409, false, 'The receipt comes from another store or incarnation.'),
  checksumMismatch: row(500, 4500, false, 'What arrived is not what was sent; the link or the store damages data.'),
  aborted: row(499, 4499, false, 'The caller gave up.'),
  internal: row(500, 4500, false, 'This is a defect of Packetboat; please report it.'),
});

/** A code of {@linkcode errorTable}. */
export type ErrorCode = keyof typeof errorTable;

/** Whether `value` is one of the known codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}

/** Options of {@linkcode PacketboatError}. */
export interface ErrorOptionsOfPacketboat {
  /** What caused it. */
  readonly cause?: unknown;
  /** When coming back may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** The one error class. `message` says what happened, quoting the bad value; `code` is stable. */
export class PacketboatError extends Error {
  override readonly name = 'PacketboatError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsOfPacketboat = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The table's row for this code. */
  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

/** Throws an `internal` error when a belief of ours is broken (in production too). */
export function assert(holds: boolean, belief: string): asserts holds {
  if (!holds) throw new PacketboatError('internal', `Broken belief: ${belief}`);
}
