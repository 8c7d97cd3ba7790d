import { openBatches, PacketboatError, type PublishFrame } from '@packetboat/core';
import { asPacketboatError } from '../../as_packetboat_error.ts';
import type { Connection } from '../connection.ts';

/** Checks a frame's batches (CRC, columns, limits) and hands them to their channel. */
export function publish(connection: Connection, frame: PublishFrame): void {
  const { broker, channels } = connection;
  const channel = channels.get(frame.channel);
  if (channel === undefined) {
    const [code, message] = ['badRequest', `Channel ${frame.channel} is not open`] as const;
    broker.counters.refused(code);
    return connection.send({ type: 'rejected', channel: frame.channel, code, message });
  }
  if (channel.silent) return;
  try {
    const batches = openBatches(frame.batches, broker.world.crc32, broker.limits);
    if (batches.length === 0) throw new PacketboatError('badBatch', 'The frame holds no batch');
    channel.publish(batches);
  } catch (error) {
    channel.reject(asPacketboatError(error));
  }
}
