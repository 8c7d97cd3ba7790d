import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShipperClient } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import { FakeSpool, VirtualWorld } from '@packetboat/core/testing';
import { startShipper } from './shipper.ts';

type ChannelOptions = Parameters<ShipperClient['channel']>[1];

/** A client that is asked for a channel and never gets one. */
class AskedClient implements ShipperClient {
  readonly asked: (ChannelOptions & { readonly stream: string })[] = [];

  channel(stream: string, options: ChannelOptions): Promise<never> {
    this.asked.push({ ...options, stream });
    return Promise.withResolvers<never>().promise;
  }
}

function start(name: string, onProblem?: (message: string) => void) {
  const virtual = new VirtualWorld();
  const client = new AskedClient();
  const options = { name, spool: new FakeSpool(), client, world: virtual.world };
  return { client, virtual, shipper: startShipper({ ...options, ...(onProblem !== undefined && { onProblem }) }) };
}

test('startShipper ships to the stream of its sensor, which it creates for text', async () => {
  const { client, shipper, virtual } = start('paul');
  await virtual.advance(1);
  const [{ stream, producer, epoch, create, contentType } = {}] = client.asked;
  assert.deepEqual(
    { stream, producer, epoch, create, contentType },
    { stream: 'sensors/paul', producer: 'fake', epoch: 0, create: true, contentType: 'text/plain' },
  );
  await shipper.stop();
});

test('startShipper refuses a name that no sensor has', () => {
  assert.throws(() => start('paul and anna'), { code: 'badName' });
});

test('startShipper tells that the server refuses for the moment, without a flood', async () => {
  const problems: string[] = [];
  const { client, shipper, virtual } = start('paul', (message) => problems.push(message));
  await virtual.advance(1);
  const reason = new PacketboatError('diskFull', 'The disk of the store is full');
  for (let times = 1; times <= 5; times++) client.asked[0]?.onRefused(reason, 0);
  assert.deepEqual(problems, ['The server refuses, trying again: The disk of the store is full']);
  await shipper.stop();
});
