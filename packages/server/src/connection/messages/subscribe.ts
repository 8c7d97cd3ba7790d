import { checkStreamName, PacketboatError, quoted } from '@packetboat/core';
import { absenceError } from '../../broker/absence_error.ts';
import { Subscription } from '../../fan_out/subscription.ts';
import type { Feed } from '../../fan_out/feed.ts';
import type { MessageNamed } from '../dispatch.ts';
import { Reader } from '../reader.ts';
import type { Connection } from '../connection.ts';
import { openBounded } from './open_bounded.ts';

type Subscribe = MessageNamed<'subscribe'>;

/** Reads a stream from anywhere: answered by `subscribed`, then frames, or by `error`. */
export function subscribe(connection: Connection, message: Subscribe): void {
  const { sub, stream } = message;
  const objection = objectionTo(connection, message);
  if (objection !== undefined) return connection.sendError({ sub }, objection);
  const reader = new Reader(connection, sub, stream, message.cursor);
  connection.readers.set(sub, reader);
  openBounded(connection, () => open(connection, reader, message)).catch((error) => {
    if (connection.readers.get(sub) !== reader) return;
    connection.readers.delete(sub);
    connection.sendError({ sub }, error);
  });
}

function objectionTo(connection: Connection, message: Subscribe): PacketboatError | undefined {
  const { readers, broker } = connection;
  const { subscriptionsPerConnectionMax } = broker.limits;
  if (readers.has(message.sub)) {
    return new PacketboatError('alreadySubscribed', `Subscription ${message.sub} exists`);
  }
  if (readers.size >= subscriptionsPerConnectionMax) {
    const text = `This connection has ${readers.size} subscriptions (subscriptionsPerConnectionMax)`;
    return new PacketboatError('limitReached', text);
  }
  for (const reader of readers.values()) {
    if (reader.stream !== message.stream || reader.over) continue;
    return new PacketboatError('alreadySubscribed', `Stream ${quoted(message.stream)} is read by this connection`);
  }
  return undefined;
}

async function open(connection: Connection, reader: Reader, message: Subscribe): Promise<void> {
  const { feeds, limits } = connection.broker;
  const { sub, stream } = message;
  checkStreamName(stream, limits.streamNameBytesMax);
  const { feed, info } = await feeds.open(stream);
  try {
    if (typeof info === 'string') throw absenceError(stream, info);
    const { incarnation, contentType } = info;
    if (message.incarnation !== undefined && message.incarnation !== incarnation) {
      const text = `Stream ${quoted(stream)} is incarnation ${incarnation}, not ${quoted(message.incarnation)}`;
      throw new PacketboatError('incarnationMismatch', text);
    }
    const from = await resolve(connection, message, feed, incarnation);
    if (connection.readers.get(sub) !== reader) return;
    const { number, first, tail } = feed;
    connection.sendInOrder({ type: 'subscribed', sub, number, stream, incarnation, contentType, from, first, tail });
    // Sending may have found the peer too slow, and ended the connection.
    if (connection.closed) return;
    const subscription = new Subscription({
      feed,
      delivery: connection.delivery,
      from,
      creditBytes: message.credit,
      creditBytesMax: limits.creditBytesMax,
      events: reader,
    });
    reader.start(subscription, incarnation);
    feeds.attach(subscription);
  } finally {
    feeds.settle(feed);
  }
}

/** The offset that `from` means. */
async function resolve(connection: Connection, message: Subscribe, feed: Feed, incarnation: string): Promise<number> {
  const { from, stream, cursor } = message;
  switch (from.at) {
    case 'start':
      return 0;
    case 'now':
      return feed.tail;
    case 'offset':
      if (from.offset === undefined) throw new PacketboatError('badRequest', 'from.offset is missing');
      return checkReachable(from.offset, feed);
    case 'cursor': {
      if (cursor === undefined) throw new PacketboatError('badRequest', 'from is cursor, and cursor is missing');
      const stored = await connection.broker.cursors.get(stream, cursor);
      return stored?.incarnation === incarnation ? checkReachable(stored.offset, feed) : 0;
    }
    default:
      throw new PacketboatError('badRequest', `from.at is ${quoted(from.at)}, not start, now, offset or cursor`);
  }
}

function checkReachable(offset: number, feed: Feed): number {
  if (offset <= feed.tail) return offset;
  throw new PacketboatError('offsetOutOfRange', `Offset ${offset} is past the tail ${feed.tail}`);
}
