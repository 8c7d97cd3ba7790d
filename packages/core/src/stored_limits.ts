import { defaultLimits, type Limits } from './limits.ts';

/**
 * For batches that are stored already: they were within the limits of their day, which an operator may have lowered
 * since, so only their shape counts.
 */
export const storedLimits: Limits = Object.freeze({
  ...defaultLimits,
  batchBytesMax: 2 ** 31,
  batchRecordsMax: 2 ** 31,
  recordBytesMax: 2 ** 31,
  producerIdBytesMax: 2 ** 31,
});
