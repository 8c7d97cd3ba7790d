import { PacketboatError, protocolVersion } from '@packetboat/core';
import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';
import { serverVersion } from '../../server_version.ts';

/** Lets the peer in, or says why not. Who it is does not matter until accounts exist (P9: loopback only). */
export function hello(session: Session, message: MessageNamed<'hello'>): void {
  const { broker } = session;
  const { limits, store } = broker;
  if (message.protocol !== protocolVersion) {
    const text = `This server speaks protocol ${protocolVersion}, not ${message.protocol}`;
    return session.refuse(new PacketboatError('unknownVersion', text));
  }
  broker.checkReady();
  session.welcome({
    type: 'welcome',
    session: session.id,
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
