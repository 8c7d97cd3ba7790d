import { crc32, FrameReceiver, openBatches, type SegmentFrame, type ServerMessage } from '@packetboat/core';
import { SegmentCheck } from './segment_check.ts';
import { wideLimits } from './wide_limits.ts';

/** Holds a server to what every case expects of it, whatever the case is about. */
export class ServerCheck {
  /** The CRCs of the batches that the case has sent. */
  readonly #sealed = new Set<number>();
  /** By connection and stream number. */
  readonly #segments = new Map<string, SegmentCheck>();
  /** By connection and subscription. */
  readonly #subscriptions = new Map<string, SegmentCheck>();
  /** By connection and channel: the last sequence that a receipt told, but for duplicates. */
  readonly #receipts = new Map<string, number>();

  /** The case sends these messages, of which some may be no frames. */
  sends(messages: readonly Uint8Array[]): void {
    const receiver = new FrameReceiver({ frameBytesMax: wideLimits.frameBytesMax, report: () => undefined });
    try {
      for (const message of messages) {
        const { batches = new Uint8Array() } = receiver.take(message) ?? {};
        for (const { crc } of openBatches(batches, crc32, wideLimits)) this.#sealed.add(crc);
      }
    } catch {
      // It is damaged on purpose.
    }
  }

  /** What is wrong with a message, if anything is. */
  message(on: string, message: ServerMessage): string | undefined {
    switch (message.type) {
      case 'subscribed': {
        const check = new SegmentCheck(message.from, this.#sealed);
        this.#segments.set(`${on} ${message.number}`, check);
        this.#subscriptions.set(`${on} ${message.sub}`, check);
        return undefined;
      }
      case 'gap':
        this.#subscriptions.get(`${on} ${message.sub}`)?.gap(message.to);
        return undefined;
      case 'producing':
        this.#receipts.delete(`${on} ${message.channel}`);
        return undefined;
      case 'receipt': {
        if (message.duplicate) return undefined;
        const last = this.#receipts.get(`${on} ${message.channel}`) ?? -1;
        this.#receipts.set(`${on} ${message.channel}`, message.sequence);
        return message.sequence > last ? undefined : `a receipt of batch ${message.sequence} behind that of ${last}`;
      }
      default:
        return undefined;
    }
  }

  /** The new records of a segment, or what is wrong with it. */
  segment(on: string, frame: SegmentFrame): string[] | { readonly wrong: string } {
    const check = this.#segments.get(`${on} ${frame.number}`);
    return check?.take(frame) ?? { wrong: `a segment of stream number ${frame.number}, never told` };
  }
}
