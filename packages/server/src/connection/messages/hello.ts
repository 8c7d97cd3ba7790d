import { PacketboatError, protocolVersion } from '@packetboat/core';
import type { OpenedSession } from '../../broker/sessions.ts';
import { serverVersion } from '../../server_version.ts';
import type { Connection } from '../connection.ts';
import type { MessageNamed } from '../dispatch.ts';

type Hello = MessageNamed<'hello'>;

/** Lets the peer in, or says why not. Who it is does not matter until accounts exist (P9: loopback only). */
export function hello(connection: Connection, message: Hello): void {
  if (message.protocol !== protocolVersion) {
    const text = `This server speaks protocol ${protocolVersion}, not ${message.protocol}`;
    return connection.refuse(new PacketboatError('unknownVersion', text));
  }
  connection.broker.checkReady();
  letIn(connection, message).catch((error) => connection.refuse(error));
}

async function letIn(connection: Connection, { resume }: Hello): Promise<void> {
  const { sessions } = connection.broker;
  if (resume === undefined) {
    const full = connection.place?.refusal();
    if (full !== undefined) throw full;
    const opened = await sessions.open(connection);
    // Nobody has heard of it, so nobody can come back for it.
    if (connection.closed) return sessions.end(opened.session);
    return welcome(connection, opened);
  }
  const session = await sessions.resume(connection, resume);
  if (connection.closed) return sessions.detach(session, connection);
  connection.place?.inherit();
  welcome(connection, { session, token: undefined }, true);
}

function welcome(connection: Connection, { session, token }: OpenedSession, resumed = false): void {
  const { limits, store } = connection.broker;
  connection.welcome(session, {
    type: 'welcome',
    session: session.id,
    token,
    resumed,
    server: serverVersion,
    store: store.id,
    durability: store.durability,
    heartbeatMs: limits.heartbeatMs,
    windowMs: session.windowMs,
    callKeyMs: limits.callKeyMs,
    limits: {
      recordBytes: limits.recordBytesMax,
      batchBytes: limits.batchBytesMax,
      frameBytes: limits.frameBytesMax,
      windowBytes: limits.windowBytesMax,
      windowBatches: limits.windowBatchesMax,
      creditBytes: limits.creditBytesMax,
    },
  });
}
