import { assert, openBatch, PacketboatError, sealBatch } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { Announce } from './announce.ts';
import { wakeProducer } from './wake_batch.ts';

const encoder = new TextEncoder();

/** Tells of a wake by an event in the wake stream (protocol: pull-wake), once however often it is tried. */
export function announcePullWake(broker: Broker): Announce {
  const { world, limits } = broker;
  return async ({ id, config, incarnation, generation, streams }) => {
    assert(config.wakeStream !== undefined, 'a pull-wake subscription has a wake stream');
    const timeNs = world.clock.wallNs();
    const event = {
      type: 'wake',
      subscription_id: id,
      stream: streams.find(({ has_pending }) => has_pending)?.path ?? '',
      generation,
      ts: Number(timeNs / 1_000_000n),
    };
    const records = [{ timeNs, bytes: encoder.encode(JSON.stringify(event)) }];
    const producer = wakeProducer(incarnation, generation);
    const batch = openBatch(sealBatch({ records, producer }, world.crc32), 0, world.crc32, limits);
    const outcome = await broker.append({ stream: config.wakeStream, batch, contentType: 'application/json' });
    // It was told before a restart, with the time of that.
    if (outcome.kind === 'refused' && outcome.code === 'sequenceReused') return 'told';
    if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
    return 'told';
  };
}
