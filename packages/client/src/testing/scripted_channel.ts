import { openBatches, type ProducerPosition, sealBatch } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import type { Channel } from '../channel.ts';
import type { ChannelOptions } from '../channel_options.ts';
import type { Client } from '../client.ts';
import { producing } from './scripted_answers.ts';
import type { ScriptedServer } from './scripted_server.ts';

/** A batch of one record. */
export function sealedBatch(server: ScriptedServer, sequence: number, payloadBytes = 10): Uint8Array {
  const producer = { id: 'p', epoch: 0, sequence };
  const records = [{ timeNs: 1n, bytes: new Uint8Array(payloadBytes).fill(sequence) }];
  return sealBatch({ records, producer }, server.virtual.world.crc32);
}

/** The sequences that were sent, in order, as often as they were. */
export function sentSequences(server: ScriptedServer): (number | undefined)[] {
  const { crc32 } = server.virtual.world;
  return server.frames
    .flatMap(({ batches }) => openBatches(batches, crc32, testLimits()))
    .map((each): ProducerPosition | undefined => each.producer)
    .map((position) => position?.sequence);
}

/** A channel that the server has taken at sequence 0. */
export async function openedChannel(
  server: ScriptedServer,
  options: Partial<ChannelOptions> = {},
): Promise<{ client: Client; channel: Channel }> {
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 1_000 } });
  const opening = client.channel('s', { producer: 'p', epoch: 0, create: true, ...options });
  await server.virtual.advance(5);
  await server.say(producing(server));
  return { client, channel: await opening };
}
