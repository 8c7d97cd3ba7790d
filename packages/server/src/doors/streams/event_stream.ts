import type { Broker } from '../../broker/broker.ts';
import type { Piece } from '../../fan_out/rendition.ts';
import { checksumText } from './checksum_text.ts';
import { encodeOffset } from './offset_token.ts';
import type { LiveBeginning } from './open_live.ts';
import { controlEvent, heartbeatComment } from './sse_event.ts';
import { laterCursor, streamCursor } from './stream_cursor.ts';

/**
 * About how many bytes of batches one data event holds of a reader that is behind: a slow link takes an event to its
 * end before its reader learns how far it is.
 */
const eventBytesTarget = 65_536;
/** Up to here a data event and its control event are one piece: copying is cheaper than writing twice. */
const joinBytesMax = 4_096;

/**
 * The events of one reader, made as they are asked for: a reader that takes none holds what it was given last, and the
 * rest waits in the log (P7). They end when the stream is closed or deleted, when the server stops, after `sseMs`, and
 * when retention has dropped what would come next: the reader is told so when it comes back (P6).
 */
export class EventStream implements AsyncIterable<Uint8Array> {
  readonly #broker: Broker;
  readonly #beginning: LiveBeginning;
  readonly #endMs: number;
  #cursor: string;
  #position: number;
  #checksum: number | undefined;
  #spokeMs: number;
  /** The last control event. */
  #told: { readonly closed: boolean } | undefined;

  constructor(broker: Broker, beginning: LiveBeginning, clientCursor: string | undefined) {
    this.#broker = broker;
    this.#beginning = beginning;
    this.#cursor = streamCursor(broker.world, clientCursor);
    this.#position = beginning.from;
    this.#checksum = beginning.checksum;
    this.#spokeMs = this.#nowMs;
    this.#endMs = this.#nowMs + broker.limits.sseMs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    using reading = this.#beginning.reading;
    const { follower } = reading;
    const { feed } = follower;
    const { heartbeatMs } = this.#broker.limits;
    while (!follower.over && !feed.deleted && this.#position >= feed.first) {
      if (this.#told !== undefined && (this.#told.closed || this.#nowMs >= this.#endMs)) return;
      if (this.#position < feed.tail) {
        for (const piece of await follower.pieces(this.#position, eventBytesTarget)) yield* this.#eventsOf(piece);
      } else if (this.#told === undefined || feed.closed) {
        yield this.#control();
      } else {
        await follower.wait(Math.min(this.#spokeMs + heartbeatMs, this.#endMs) - this.#nowMs);
        if (this.#nowMs >= this.#spokeMs + heartbeatMs) yield this.#spoken(heartbeatComment);
      }
    }
  }

  get #nowMs(): number {
    return this.#broker.world.clock.monotonicMs();
  }

  /** The data event, which all readers share, and the control event behind it. */
  *#eventsOf(piece: Piece): Generator<Uint8Array> {
    this.#position = piece.end;
    this.#checksum = piece.checksum;
    if (piece.bytes.length <= joinBytesMax) {
      yield Buffer.concat([piece.bytes, this.#control(piece)]);
      return;
    }
    yield this.#spoken(piece.bytes);
    yield this.#control(piece);
  }

  /** @param piece What the data event before it holds. */
  #control(piece?: Piece): Uint8Array {
    const { info, feed } = this.#beginning.reading.follower;
    const upToDate = this.#position === feed.tail;
    const closed = upToDate && feed.closed;
    this.#told = { closed };
    this.#cursor = laterCursor(this.#cursor, streamCursor(this.#broker.world, undefined));
    const event = controlEvent({
      streamNextOffset: encodeOffset(info, this.#position),
      ...(closed ? { streamClosed: true } : { streamCursor: this.#cursor }),
      ...(upToDate && { upToDate }),
      ...(this.#checksum !== undefined && { streamChecksum: checksumText(this.#checksum) }),
      ...(piece !== undefined && piece.gaps.length > 0 && { streamGap: true }),
      ...(piece?.notUtf8 === true && { notUtf8: true }),
    });
    return this.#spoken(event);
  }

  #spoken(bytes: Uint8Array): Uint8Array {
    this.#spokeMs = this.#nowMs;
    return bytes;
  }
}
