import { PacketboatError, protocolVersion } from '@packetboat/core';
import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';
import { serverVersion } from '../../server_version.ts';

/** Lets the peer in, or says why not. Who it is does not matter until accounts exist (P9: loopback only). */
export function hello(connection: Connection, message: MessageNamed<'hello'>): void {
  const { broker } = connection;
  const { limits, store } = broker;
  if (message.protocol !== protocolVersion) {
    const text = `This server speaks protocol ${protocolVersion}, not ${message.protocol}`;
    return connection.refuse(new PacketboatError('unknownVersion', text));
  }
  broker.checkReady();
  connection.welcome({
    type: 'welcome',
    session: connection.id,
    resumed: false,
    server: serverVersion,
    store: store.id,
    durability: store.durability,
    heartbeatMs: limits.heartbeatMs,
    windowMs: limits.windowMs,
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
