import { type Limits, type MessageOf, PacketboatError, type serverMessages } from '@packetboat/core';

/** What a server says first: you are in. */
export type Welcome = MessageOf<typeof serverMessages.welcome>;

const heartbeatMsMax = 3_600_000;
/** Characters of a session's id and token: every later hello says them again, within the bytes that a greeting may have. */
const identityCharactersMax = 256;

/**
 * Our limits, lowered to what the server says.
 *
 * @throws {PacketboatError} `badFrame` for values nobody could work with: a heartbeat without pause, a window of nothing,
 * a session that no hello has room for.
 */
export function sessionLimits(welcome: Welcome, own: Limits): Limits {
  const { heartbeatMs, limits, session, token = '' } = welcome;
  for (const [name, { length }] of Object.entries({ session, token })) {
    if (length > identityCharactersMax) throw bad(name, `of ${length} characters`);
  }
  if (heartbeatMs < 1 || heartbeatMs > heartbeatMsMax) throw bad('heartbeatMs', heartbeatMs);
  const lowered = (name: keyof typeof limits, ours: number): number => {
    if (limits[name] < 1) throw bad(name, limits[name]);
    return Math.min(limits[name], ours);
  };
  return {
    ...own,
    heartbeatMs,
    callKeyMs: Math.min(welcome.callKeyMs, own.callKeyMs),
    recordBytesMax: lowered('recordBytes', own.recordBytesMax),
    batchBytesMax: lowered('batchBytes', own.batchBytesMax),
    frameBytesMax: lowered('frameBytes', own.frameBytesMax),
    windowBytesMax: lowered('windowBytes', own.windowBytesMax),
    windowBatchesMax: lowered('windowBatches', own.windowBatchesMax),
    creditBytesMax: lowered('creditBytes', own.creditBytesMax),
  };
}

function bad(name: string, value: number | string): PacketboatError {
  return new PacketboatError('badFrame', `The welcome says ${name} ${value}`);
}
