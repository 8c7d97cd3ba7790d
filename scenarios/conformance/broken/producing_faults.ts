import {
  type AppendRequest,
  batchRecords,
  crc32,
  defaultLimits,
  openBatch,
  sealBatch,
  type ServerMessage,
  type Store,
} from '@packetboat/core';
import type { BrokenServer } from './broken_server.ts';
import { replaced } from './replaced.ts';

/** In a publish frame of one batch. */
const crcAt = 16;
const crcFrom = 20;

/** Section 5: producers, batches and receipts. */
export const producingFaults: readonly BrokenServer[] = [
  {
    name: 'begins a new epoch for who has one',
    caughtBy: 'produce: with its epoch a producer goes on',
    twist: () => ({ said: { produce: (produce) => [{ ...produce, epoch: undefined }] } }),
  },
  {
    name: 'lets an older life of a producer write',
    caughtBy: 'produce: without an epoch it is the next one, and whoever writes under the older is fenced',
    store: storing('staleEpoch'),
  },
  {
    name: 'tells one code whatever was wrong',
    caughtBy: 'produce: an empty name is badName',
    twist: () => ({ told: { rejected: (rejected) => [{ ...rejected, code: 'badRequest' }] } }),
  },
  {
    name: 'promises a durability that it does not have',
    caughtBy: 'durability: ',
    twist: () => ({ said: { produce: (produce) => [{ ...produce, durability: undefined }] } }),
  },
  {
    name: 'believes every witness',
    caughtBy: 'witness: ',
    twist: () => ({ said: { produce: (produce) => [{ ...produce, witness: undefined }] } }),
  },
  {
    name: 'tells a wrong offset',
    caughtBy: 'publish: a receipt proves where the batch is',
    twist: () => ({ told: { receipt: ({ offset = 0, ...receipt }) => [{ ...receipt, offset: offset + 1 }] } }),
  },
  {
    name: 'says receipts out of order',
    caughtBy: 'publish: receipts stand for every batch up to theirs',
    twist: () => {
      let earlier: readonly ServerMessage[] = [];
      return {
        told: {
          receipt: (receipt) => {
            const told = [receipt, ...earlier];
            earlier = [receipt];
            return told;
          },
        },
      };
    },
  },
  {
    name: 'takes only records that are smaller than it says',
    caughtBy: 'publish: a record of recordBytes is stored',
    limits: { recordBytesMax: 900_000 },
    twist: () => ({
      told: {
        welcome: (welcome) => [
          { ...welcome, limits: { ...welcome.limits, recordBytes: defaultLimits.recordBytesMax } },
        ],
      },
    }),
  },
  {
    name: 'stores a batch again that it has',
    caughtBy: 'publish: the same batch again is a duplicate, stored once',
    store: storing('duplicate'),
  },
  {
    name: 'stores what comes behind a missing batch',
    caughtBy: 'publish: a gap in the sequence is refused',
    store: storing('sequenceGap'),
  },
  {
    name: 'stores other bytes under a used sequence',
    caughtBy: 'publish: other bytes under a used sequence are sequenceReused',
    store: storing('sequenceReused'),
  },
  {
    name: 'does not look at the CRC of a batch',
    caughtBy: 'publish: a batch with a wrong CRC is badBatch',
    twist: () => ({
      sent: (frame) => {
        const mended = Uint8Array.from(frame);
        new DataView(mended.buffer).setUint32(crcAt, crc32(mended.subarray(crcFrom)), true);
        return [mended];
      },
    }),
  },
  {
    name: 'goes on behind a batch that it refused',
    caughtBy: 'publish: after a refusal the channel is silent until it is opened again',
    twist: ({ say }) => {
      let opened: object = {};
      let untold: readonly ServerMessage[] | undefined;
      return {
        said: {
          produce: (produce) => {
            opened = { ...produce, epoch: 0 };
            return undefined;
          },
        },
        told: {
          rejected: (rejected) => {
            untold = [rejected];
            say(opened);
            return [];
          },
          // The channel is open again when its client hears that it is not.
          producing: () => {
            const told = untold;
            untold = undefined;
            return told;
          },
        },
      };
    },
  },
];

/** A store that takes a batch all the same, where it would be answered so. */
function storing(answer: 'duplicate' | 'staleEpoch' | 'sequenceGap' | 'sequenceReused'): (store: Store) => Store {
  return (store) => {
    const append = async (request: AppendRequest) => {
      const outcome = await store.log.append(request);
      if ((outcome.kind === 'refused' ? outcome.code : outcome.kind) !== answer) return outcome;
      const { gap, close } = request.batch;
      const unnumbered = sealBatch({ records: [...batchRecords(request.batch)], gap, close }, crc32);
      const stored = await store.log.append({ ...request, batch: openBatch(unnumbered, 0, crc32, defaultLimits) });
      return answer === 'duplicate' ? outcome : stored;
    };
    return replaced(store, { log: replaced(store.log, { append }) });
  };
}
