import { type ClientMessage, PacketboatError } from '@packetboat/core';
import { call } from './messages/call.ts';
import { commit } from './messages/commit.ts';
import { credit } from './messages/credit.ts';
import { finish } from './messages/finish.ts';
import { hello } from './messages/hello.ts';
import { produce } from './messages/produce.ts';
import { received } from './messages/received.ts';
import { subscribe } from './messages/subscribe.ts';
import { unsubscribe } from './messages/unsubscribe.ts';
import type { Session } from './session.ts';

/**
 * Hands a control message to the file that knows what to do with it. The first must be `hello`, no other may be.
 *
 * @throws {PacketboatError} when the message violates the protocol.
 */
export function dispatch(session: Session, message: ClientMessage): void {
  if ((message.type === 'hello') === session.welcomed) {
    throw new PacketboatError('badFrame', session.welcomed ? 'A second hello came' : 'The first message must be hello');
  }
  switch (message.type) {
    case 'hello':
      return hello(session, message);
    case 'produce':
      return produce(session, message);
    case 'finish':
      return finish(session, message);
    case 'subscribe':
      return subscribe(session, message);
    case 'credit':
      return credit(session, message);
    case 'commit':
      return commit(session, message);
    case 'unsubscribe':
      return unsubscribe(session, message);
    case 'call':
      return call(session, message);
    case 'received':
      return received(session, message);
    case 'heartbeat':
      return;
  }
}

/** The client message of one type. */
export type MessageNamed<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;
