import { type Limits } from '@packetboat/core';
import { FakePeer } from './fake_peer.ts';
import { testBroker } from './test_broker.ts';

/** Opens channel 1 for producer `p` of stream `s`, in its next epoch. */
export const produce = { type: 'produce', channel: 1, stream: 's', producer: 'p', create: true } as const;

/** A test broker with one connection that has opened channel 1. */
export async function producing(overrides: Partial<Limits> = {}) {
  const bench = testBroker(overrides);
  const peer = FakePeer.greeting(bench.broker);
  peer.say(produce);
  await bench.settle();
  return { ...bench, peer };
}
