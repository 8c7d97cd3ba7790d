import { type Proof, type Segment, type ServerMessage, sealBatch } from '@packetboat/core';
import type { ScriptedServer } from './scripted_server.ts';

export const proof: Proof = {
  storeId: 'store-1',
  stream: 's',
  incarnation: 'i1',
  offset: 3,
  checksum: 9,
  durability: 'memory',
  mac: 'm',
};

/** Answers the last `produce`. */
export function producing(server: ScriptedServer, sequence = 0, epoch = 0): ServerMessage {
  const { channel } = server.last('produce');
  return { type: 'producing', channel, stream: 's', incarnation: 'i1', epoch, sequence, tail: 0 };
}

/** Acknowledges what the channel of the last `produce` sent. */
export function receipt(server: ScriptedServer, sequence: number, fields: Partial<Proof> = {}): ServerMessage {
  const { channel } = server.last('produce');
  return { type: 'receipt', channel, sequence, offset: sequence, duplicate: false, proof: { ...proof, ...fields } };
}

/** Refuses the channel of the last `produce`. */
export function rejected(server: ScriptedServer, code: string, retryAfterMs?: number): ServerMessage {
  const { channel } = server.last('produce');
  return { type: 'rejected', channel, code, message: 'no', retryAfterMs };
}

/** Answers the last `subscribe`; its segments have number 7. */
export function subscribed(server: ScriptedServer, from: number, incarnation = 'i1'): ServerMessage {
  const { sub } = server.last('subscribe');
  const where = { number: 7, stream: 's', incarnation, contentType: 'text/plain', from, first: 0, tail: 100 };
  return { type: 'subscribed', sub, ...where };
}

/** Makes the segments of a stream, one after the other, as a store would. */
export class SegmentMaker {
  readonly #crc32;
  base: number;
  checksum: number;

  constructor(server: ScriptedServer, base = 0, checksum = 0) {
    this.#crc32 = server.virtual.world.crc32;
    this.base = base;
    this.checksum = checksum;
  }

  /** A segment of one batch per list of texts. */
  next(...batches: readonly (readonly string[])[]): Segment {
    return this.#make(batches, false);
  }

  /** A segment whose records are gaps. */
  nextGap(...texts: readonly string[]): Segment {
    return this.#make([texts], true);
  }

  #make(batches: readonly (readonly string[])[], gap: boolean): Segment {
    const encoder = new TextEncoder();
    const { base, checksum: checksumBefore } = this;
    const sealed = batches.map((texts) => {
      const records = texts.map((text) => ({ timeNs: 5n, bytes: encoder.encode(text) }));
      for (const { bytes } of records) this.checksum = this.#crc32(bytes, this.checksum);
      return sealBatch({ records, gap }, this.#crc32);
    });
    const count = batches.flat().length;
    this.base += count;
    const bytes = new Uint8Array(Buffer.concat(sealed));
    const checksumAfter = this.checksum;
    return { stream: 's', incarnation: 'i1', base, count, checksumBefore, checksumAfter, bytes, close: false };
  }
}
