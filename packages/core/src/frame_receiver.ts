import { PacketboatError } from './errors.ts';
import { decodeFrame, type PartFrame, type PublishFrame, type SegmentFrame } from './frame.ts';
import { receivedEveryBytes } from './frame_sender.ts';

/** What a {@linkcode FrameReceiver} needs. */
export interface FrameReceiverOptions {
  readonly frameBytesMax: number;
  /** Tells the peer how many bytes of binary messages arrived since the connection began. */
  readonly report: (bytes: number) => void;
}

/**
 * The other end of a `FrameSender`: reports what arrives and puts the parts of large frames together again.
 * At most `frameBytesMax` bytes are held, and at most `frameBytesMax / 1024` parts, for many tiny parts
 * cost more than their bytes.
 */
export class FrameReceiver {
  readonly #options: FrameReceiverOptions;
  #slices: Uint8Array[] = [];
  #heldBytes = 0;
  #receivedBytes = 0;
  #reportedBytes = 0;

  constructor(options: FrameReceiverOptions) {
    this.#options = options;
  }

  /**
   * Takes one binary message; returns the frame it is or completes, or `undefined` while parts are missing.
   *
   * @throws {PacketboatError} `badFrame` or `tooLarge`.
   */
  take(message: Uint8Array): PublishFrame | SegmentFrame | undefined {
    this.#receivedBytes += message.length;
    if (this.#receivedBytes - this.#reportedBytes >= receivedEveryBytes) {
      this.#reportedBytes = this.#receivedBytes;
      this.#options.report(this.#receivedBytes);
    }
    const frame = decodeFrame(message);
    if (frame.kind === 'part') return this.#takePart(frame);
    if (this.#slices.length > 0) throw bad('another frame came between the parts of one');
    return frame;
  }

  #takePart(part: PartFrame): PublishFrame | SegmentFrame | undefined {
    const { frameBytesMax } = this.#options;
    if (part.index !== this.#slices.length) throw bad(`part ${part.index} came where ${this.#slices.length} was next`);
    this.#heldBytes += part.slice.length;
    if (this.#heldBytes > frameBytesMax || part.index > frameBytesMax / 1024) {
      throw new PacketboatError('tooLarge', `A frame in parts is over the limit of ${frameBytesMax} bytes`);
    }
    this.#slices.push(part.slice.slice());
    if (!part.last) return undefined;
    const whole = new Uint8Array(this.#heldBytes);
    let at = 0;
    for (const slice of this.#slices) {
      whole.set(slice, at);
      at += slice.length;
    }
    this.#slices = [];
    this.#heldBytes = 0;
    const frame = decodeFrame(whole);
    if (frame.kind === 'part') throw bad('a part holds parts');
    return frame;
  }
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badFrame', `Bad frame: ${why}`);
}
