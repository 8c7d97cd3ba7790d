/** What the command's exit code says. docs/cli.md is made from `exitCodeMeanings`. */
import type { ErrorCode } from '@packetboat/core';

/** Exit codes by name. */
export const exitCode = Object.freeze({
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  conflict: 5,
  limit: 6,
  unreachable: 7,
  expired: 8,
  timeout: 124,
  /** 128 and the number of SIGPIPE, as a program has that knows nothing of it. */
  unread: 141,
} as const);

/** What each code means to whoever calls the command. */
export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'Done. Also: a service (`serve`, `sensor`, `ship`, `agent`, `proxy`) was stopped and finished its work.'],
  [1, 'It failed: what was verified does not match, a port is in use, a file cannot be read.'],
  [2, 'The command was called wrongly; nothing was done.'],
  [3, 'There is no such stream or cursor, or the store or spool cannot be used: locked, damaged, failed, too new.'],
  [4, 'The server does not let you.'],
  [5, 'The state does not allow it: the stream is closed, or another life of the producer has taken over.'],
  [6, 'A limit or a full disk is in the way.'],
  [7, 'The server cannot be reached, or has no room now.'],
  [8, 'The session has expired: the program was away for longer than the window. Start it again to begin anew.'],
  [124, 'It took longer than it may.'],
  [129, 'Interrupted by SIGHUP (the terminal went away).'],
  [130, 'Interrupted by SIGINT (Ctrl-C).'],
  [141, 'Whoever read the output went away (`| head`) before the work was done.'],
  [143, 'Interrupted by SIGTERM.'],
];

const { failure, usage, notFound, auth, conflict, limit, unreachable, expired, timeout } = exitCode;

/** The exit code of each error code. */
const exitCodeOfError: Readonly<Record<ErrorCode, number>> = {
  badRequest: usage,
  badBatch: failure,
  badFrame: failure,
  badName: usage,
  badLine: failure,
  badJson: failure,
  notUtf8: failure,
  tooLarge: limit,
  headersTooLarge: limit,
  urlTooLong: limit,
  unsupportedMediaType: failure,
  unknownMethod: failure,
  methodNotAllowed: failure,
  unknownVersion: failure,
  wrongHost: auth,
  forbidden: auth,
  unauthorized: auth,
  notFound,
  expired,
  takenOver: conflict,
  gone: notFound,
  softDeleted: notFound,
  forkSourceNotFound: notFound,
  forkSourceDeleted: conflict,
  forkOffsetInvalid: usage,
  exists: conflict,
  closed: conflict,
  staleEpoch: conflict,
  epochStart: conflict,
  sequenceGap: conflict,
  sequenceReused: conflict,
  streamSeqRegressed: conflict,
  offsetConflict: conflict,
  incarnationMismatch: conflict,
  contentTypeMismatch: conflict,
  producerLimit: limit,
  durabilityUnavailable: conflict,
  trimmed: notFound,
  offsetOutOfRange: notFound,
  cursorRegressed: conflict,
  cursorAhead: conflict,
  revisionConflict: conflict,
  alreadySubscribed: conflict,
  limitReached: limit,
  keyReused: conflict,
  busy: unreachable,
  fullHouse: unreachable,
  rateLimited: limit,
  keyInUse: conflict,
  stopping: unreachable,
  timeout,
  slowReader: unreachable,
  unreachable,
  diskFull: limit,
  spoolFull: limit,
  queueFull: limit,
  dataLossDetected: conflict,
  damaged: notFound,
  storeFailed: notFound,
  storeLocked: notFound,
  storeVersion: notFound,
  wrongStore: conflict,
  checksumMismatch: failure,
  aborted: failure,
  internal: failure,
};

/** The exit code for an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodeOfError[code];
}
