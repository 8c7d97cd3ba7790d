import { defaultLimits, type Limits } from '@packetboat/core';

/** With these a server does within seconds all that it waits for; a machine that is busy may still hold it up for one. */
export const shortLimits: Limits = Object.freeze({
  ...defaultLimits,
  heartbeatMs: 1_500,
  windowMs: 4_000,
  helloTimeoutMs: 3_000,
  slowReaderMs: 4_000,
  callKeyMs: 3_000,
});
