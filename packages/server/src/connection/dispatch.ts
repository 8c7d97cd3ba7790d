import type { ClientMessage } from '@packetboat/core';
import { bye } from './messages/bye.ts';
import { call } from './messages/call.ts';
import { commit } from './messages/commit.ts';
import { credit } from './messages/credit.ts';
import { finish } from './messages/finish.ts';
import { hello } from './messages/hello.ts';
import { produce } from './messages/produce.ts';
import { received } from './messages/received.ts';
import { sequence } from './messages/sequence.ts';
import { subscribe } from './messages/subscribe.ts';
import { sum } from './messages/sum.ts';
import { unsubscribe } from './messages/unsubscribe.ts';
import type { Connection } from './connection.ts';

/**
 * Hands a control message to the file that knows what to do with it.
 *
 * @throws {PacketboatError} when the message violates the protocol.
 */
export function dispatch(connection: Connection, message: ClientMessage): void {
  switch (message.type) {
    case 'hello':
      return hello(connection, message);
    case 'produce':
      return produce(connection, message);
    case 'finish':
      return finish(connection, message);
    case 'subscribe':
      return subscribe(connection, message);
    case 'credit':
      return credit(connection, message);
    case 'commit':
      return commit(connection, message);
    case 'unsubscribe':
      return unsubscribe(connection, message);
    case 'call':
      return call(connection, message);
    case 'sequence':
      return sequence(connection, message);
    case 'sum':
      return sum(connection, message);
    case 'received':
      return received(connection, message);
    case 'bye':
      return bye(connection);
    case 'heartbeat':
      return;
  }
}

/** The client message of one type. */
export type MessageNamed<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;
