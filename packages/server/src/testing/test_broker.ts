import { type Limits, MemoryStore, sealBatch } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { Broker } from '../broker/broker.ts';
import { silentLog } from '../server_log.ts';

/** A broker over the memory store in virtual time, with tiny limits. */
export function testBroker(overrides: Partial<Limits> = {}) {
  const virtual = new VirtualWorld();
  const limits = testLimits(overrides);
  const store = new MemoryStore({ world: virtual.world, limits });
  const broker = new Broker({ store, world: virtual.world, limits, log: silentLog });
  const text = new TextEncoder();
  /** A sealed batch of one record. */
  const sealed = (sequence: number, payload = `record ${sequence}`, epoch = 0, id = 'p') => {
    const records = [{ timeNs: 1n, bytes: text.encode(payload) }];
    return sealBatch({ records, producer: { id, epoch, sequence } }, virtual.world.crc32);
  };
  /** Lets all that is queued settle. */
  const settle = () => virtual.advance(0);
  return { virtual, limits, store, broker, sealed, settle };
}
