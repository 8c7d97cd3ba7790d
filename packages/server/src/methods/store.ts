import { z } from 'zod';
import { fields } from './fields.ts';
import { method } from './method.ts';

const count = (description: string) => fields.integer.meta({ description });

const storeHealth = z
  .object({
    id: fields.text.meta({ description: 'Changes when a backup is restored.' }),
    durability: z.enum(['memory', 'replicated', 'disk']).meta({ description: 'How safe what is acknowledged is.' }),
    state: z.enum(['ready', 'full', 'failed', 'closed']).meta({
      description:
        '`full`: there is no room, records are refused. `failed`: a write failed, and the server is stopping.',
    }),
    reason: fields.text.optional().meta({ description: 'Why it is not ready.' }),
    streams: count('Streams in the store.'),
    losses: count('Streams whose newest records vanished.'),
    damagedRows: count('Rows found damaged.'),
    commits: count('Commits since the start.'),
    syncs: count('Syncs of the disk since the start.'),
    appendedBatches: count('Batches stored since the start.'),
    appendedBytes: count('Bytes of those batches.'),
    queuedBytes: count('Bytes that wait for their commit.'),
  })
  .meta({ id: 'StoreHealth', description: 'How the store is.' });

/** Methods about the store as a whole. */
export const storeMethods = [
  method({
    name: 'store.health',
    summary: 'How the store is',
    description: 'The same, and more, stands in `/metrics` for machines that collect it.',
    route: { verb: 'GET', path: '/v1/store' },
    grant: 'admin',
    params: z.strictObject({}),
    result: storeHealth,
    run: async ({ store }) => {
      const { state, reason, streams, losses, damagedRows, ...health } = store.health();
      const { commits, syncs, appendedBatches, appendedBytes, queuedBytes } = health;
      const counts = { commits, syncs, appendedBatches, appendedBytes, queuedBytes };
      return { id: store.id, durability: store.durability, state, reason, streams, losses, damagedRows, ...counts };
    },
  }),
];
