import { defaultLimits, type Limits } from '@packetboat/core';

/** What this suite reads: a server’s own limits are as it tells them. */
export const wideLimits: Limits = Object.freeze({
  ...defaultLimits,
  recordBytesMax: defaultLimits.frameBytesMax,
  batchBytesMax: defaultLimits.frameBytesMax,
});
