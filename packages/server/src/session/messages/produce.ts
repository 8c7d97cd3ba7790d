import { PacketboatError } from '@packetboat/core';
import { openProducer } from '../../broker/open_producer.ts';
import { Channel } from '../channel.ts';
import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';
import { openBounded } from './open_bounded.ts';

/** Opens a channel, or opens it anew: answered by `producing` or `rejected`. */
export function produce(session: Session, message: MessageNamed<'produce'>): void {
  const { broker, channels } = session;
  const { channel: number, stream, producer } = message;
  const before = channels.get(number);
  before?.abandon();
  const channel = new Channel({ broker, number, stream, producer, send: (answer) => session.send(answer) });
  const { channelsPerConnectionMax } = broker.limits;
  if (before === undefined && channels.size >= channelsPerConnectionMax) {
    const text = `This connection has ${channels.size} channels (channelsPerConnectionMax)`;
    return channel.reject(new PacketboatError('limitReached', text));
  }
  channels.set(number, channel);
  void open(session, channel, message);
}

async function open(session: Session, channel: Channel, message: MessageNamed<'produce'>): Promise<void> {
  const { channel: number, stream } = message;
  try {
    const opened = await openBounded(session, () => openProducer(session.broker, message));
    if (session.channels.get(number) !== channel) {
      opened.claim.release();
      return;
    }
    channel.open(opened);
    const { info, claim, sequence } = opened;
    const { incarnation, tail } = info;
    session.send({ type: 'producing', channel: number, stream, incarnation, epoch: claim.epoch, sequence, tail });
  } catch (error) {
    if (session.channels.get(number) === channel) session.channels.delete(number);
    channel.reject(session.noted(error));
  }
}
