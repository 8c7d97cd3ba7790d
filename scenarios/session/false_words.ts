/** What false servers say. */
import {
  type ClientMessage,
  defaultLimits,
  encodeSegment,
  sealBatch,
  type Segment,
  type ServerMessage,
} from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import type { Lie, LyingPeer } from './false_server.ts';

/** A welcome as good as any. */
export const welcome: ServerMessage & { readonly type: 'welcome' } = {
  type: 'welcome',
  session: 'false',
  token: 'false',
  resumed: false,
  server: 'false',
  store: 'false',
  durability: 'disk',
  heartbeatMs: 10_000,
  windowMs: 30_000,
  callKeyMs: 600_000,
  limits: {
    recordBytes: 1_000_000,
    batchBytes: defaultLimits.batchBytesMax,
    frameBytes: defaultLimits.frameBytesMax,
    windowBytes: 4_194_304,
    windowBatches: 64,
    creditBytes: 8_388_608,
  },
};
/** What no store has proved. */
export const proof = {
  storeId: 'false',
  stream: 's',
  incarnation: 'false',
  offset: 1,
  checksum: 0,
  durability: 'disk',
  mac: '',
} as const;

/** A segment of one record that nobody has published. */
export function segment(number: number, base = 0): Uint8Array {
  const bytes = sealBatch({ records: [{ timeNs: 1n, bytes: Buffer.from('false') }] }, nodeWorld.crc32);
  const checksumAfter = nodeWorld.crc32(Buffer.from('false'));
  const made: Segment = {
    stream: 's',
    incarnation: 'false',
    base,
    count: 1,
    checksumBefore: 0,
    checksumAfter,
    bytes,
    close: false,
  };
  return encodeSegment(number, made);
}

/** Answers the hello with these, and nothing after it. */
export function greets(...messages: readonly (ServerMessage | Uint8Array)[]): Lie {
  return { heard: (peer, { type }) => (type === 'hello' ? peer.say(...messages) : undefined) };
}

/** Answers the hello with these bytes on the bare socket. */
export function blurts(...bytes: readonly Uint8Array[]): Lie {
  return { heard: (peer, { type }) => (type === 'hello' ? peer.write(Buffer.concat(bytes)) : undefined) };
}

/** Lets the client in, and answers one of its messages. */
export function answers<Type extends ClientMessage['type']>(
  asked: Type,
  answer: (message: Extract<ClientMessage, { type: Type }>, peer: LyingPeer) => void,
): Lie {
  return {
    heard: (peer, message) => {
      if (message.type === 'hello') peer.say(welcome);
      if (message.type === asked) answer(message as Extract<ClientMessage, { type: Type }>, peer);
    },
  };
}

export function producing(channel: number, stream: string): ServerMessage {
  return { type: 'producing', channel, ...of(stream), epoch: 0, sequence: 0, tail: 0 };
}

export function receipt(channel: number, stream: string, sequence: number): ServerMessage {
  return { type: 'receipt', channel, sequence, duplicate: false, proof: { ...proof, stream } };
}

/** A stream, in an incarnation that nobody has. */
export function of(stream: string) {
  return { stream, incarnation: 'false' } as const;
}
