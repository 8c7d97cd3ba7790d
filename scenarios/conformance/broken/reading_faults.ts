import {
  type AppendRequest,
  batchRecords,
  crc32,
  decodeFrame,
  defaultLimits,
  encodeSegment,
  openBatch,
  openBatches,
  sealBatch,
  type SegmentFrame,
  type Store,
} from '@packetboat/core';
import { replaced } from './replaced.ts';
import type { BrokenServer } from './broken_server.ts';
import { nothing } from './nothing.ts';

/** Section 6: subscriptions and cursors. */
export const readingFaults: readonly BrokenServer[] = [
  {
    name: 'begins the running checksum anew in each segment',
    caughtBy: 'subscribe: from the start, then live',
    twist: () => ({ shown: (frame) => [segmentWith(frame, begunAnew)] }),
  },
  {
    name: 'sends a segment twice',
    caughtBy: 'subscribe: from the start, then live',
    twist: () => ({ shown: (frame) => [frame, frame] }),
  },
  {
    name: 'loses a segment',
    caughtBy: 'subscribe: from the start, then live',
    twist: () => {
      let count = 0;
      return {
        shown: () => {
          count += 1;
          return count === 2 ? [] : undefined;
        },
      };
    },
  },
  {
    name: 'sends damaged records',
    caughtBy: 'subscribe: from the start, then live',
    twist: () => ({ shown: (frame) => [frame.with(frame.length - 1, 0)] }),
  },
  {
    name: 'gives records times of its own',
    caughtBy: 'subscribe: from the start, then live',
    store: timingAnew,
  },
  {
    name: 'does not say that a segment closes the stream',
    caughtBy: 'ended: a closed stream ends behind its last record',
    twist: () => ({ shown: (frame) => [segmentWith(frame, () => ({ close: false }))] }),
  },
  {
    name: 'sends without credit',
    caughtBy: 'credit: without any, nothing is sent',
    twist: () => ({ said: { subscribe: (subscribe) => [{ ...subscribe, credit: defaultLimits.creditBytesMax }] } }),
  },
  {
    name: 'keeps silent about what was trimmed',
    caughtBy: 'gap: ',
    twist: () => ({ told: { gap: nothing } }),
  },
  {
    name: 'is caught up twice',
    caughtBy: 'caughtUp: once, and at once for an empty stream',
    twist: () => ({ told: { caughtUp: (caughtUp) => [caughtUp, caughtUp] } }),
  },
  {
    name: 'never tells that a stream has ended',
    caughtBy: 'ended: ',
    twist: () => ({ told: { ended: nothing } }),
  },
  {
    name: 'sends on after unsubscribe',
    caughtBy: 'unsubscribe: nothing more comes',
    twist: () => ({ said: { unsubscribe: nothing } }),
  },
  {
    name: 'commits in words only',
    caughtBy: 'commit: the cursor stands where it was put',
    twist: ({ tell }) => ({
      said: {
        commit: ({ sub, offset }) => {
          tell({ type: 'committed', sub, offset });
          return [];
        },
      },
    }),
  },
];

/** A frame of the server, some of it changed if it is a segment. */
function segmentWith(message: Uint8Array, change: (frame: SegmentFrame) => Partial<SegmentFrame>): Uint8Array {
  const frame = decodeFrame(message);
  if (frame.kind !== 'segment') return message;
  const { number, batches, ...rest } = { ...frame, ...change(frame) };
  return encodeSegment(number, { ...rest, bytes: batches, stream: '', incarnation: '' });
}

function begunAnew({ batches }: SegmentFrame): Partial<SegmentFrame> {
  const opened = openBatches(batches, crc32, defaultLimits);
  return { checksumBefore: 0, checksumAfter: opened.reduce((checksum, { payload }) => crc32(payload, checksum), 0) };
}

function timingAnew(store: Store): Store {
  const append = async (request: AppendRequest) => {
    const { gap, close, producer } = request.batch;
    const records = Array.from(batchRecords(request.batch), ({ bytes }) => ({ bytes, timeNs: 7n }));
    const sealed = sealBatch({ records, gap, close, ...(producer && { producer }) }, crc32);
    const batch = openBatch(sealed, 0, crc32, defaultLimits);
    return await store.log.append({ ...request, batch, afterCrc: undefined });
  };
  return replaced(store, { log: replaced(store.log, { append }) });
}
