import { PacketboatError } from '@packetboat/core';
import { openProducer } from '../../broker/open_producer.ts';
import { Channel } from '../channel.ts';
import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';
import { openBounded } from './open_bounded.ts';

/** Opens a channel, or opens it anew: answered by `producing` or `rejected`. */
export function produce(connection: Connection, message: MessageNamed<'produce'>): void {
  const { broker, channels } = connection;
  const { channel: number, stream, producer } = message;
  const before = channels.get(number);
  before?.abandon();
  const channel = new Channel({ broker, number, stream, producer, send: (answer) => connection.send(answer) });
  const { channelsPerConnectionMax } = broker.limits;
  if (before === undefined && channels.size >= channelsPerConnectionMax) {
    const text = `This connection has ${channels.size} channels (channelsPerConnectionMax)`;
    return channel.reject(new PacketboatError('limitReached', text));
  }
  channels.set(number, channel);
  void open(connection, channel, message);
}

async function open(connection: Connection, channel: Channel, message: MessageNamed<'produce'>): Promise<void> {
  const { channel: number, stream } = message;
  try {
    const opened = await openBounded(connection, () => openProducer(connection.broker, message));
    if (connection.channels.get(number) !== channel) {
      opened.claim.release();
      return;
    }
    channel.open(opened);
    const { info, claim, sequence } = opened;
    const { incarnation, tail } = info;
    connection.send({ type: 'producing', channel: number, stream, incarnation, epoch: claim.epoch, sequence, tail });
  } catch (error) {
    if (connection.channels.get(number) === channel) connection.channels.delete(number);
    channel.reject(connection.noted(error));
  }
}
