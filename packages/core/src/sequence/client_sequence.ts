import type { ClientMessage, ServerMessage } from '../control.ts';
import { PacketboatError } from '../errors.ts';
import type { Crc32 } from '../ports.ts';
import { type SequenceAlgorithm, SequenceDigest } from './sequence_digest.ts';

type Said<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

/** What a server says about a sequence. */
export type SequenceMessage =
  | Said<'sequenceBegun'>
  | Said<'number'>
  | Said<'sum'>
  | Said<'sequenceEnded'>
  | Said<'sequenceRefused'>;

/** One number of a sequence. */
export interface SequenceNumber {
  /** Its place, from 0. */
  readonly index: number;
  /** A uint32. */
  readonly value: number;
}

/** What came out of a sequence. */
export interface SequenceResult {
  /** How many numbers there were. */
  readonly count: number;
  /** The checksum of what arrived, and that of what the server sent, in hex. */
  readonly local: string;
  readonly server: string;
  readonly equal: boolean;
}

/** What a client asks for. */
export interface SequenceWish {
  /** How many numbers; `undefined`: the server draws 1 … 65,535. */
  readonly n: number | undefined;
  /** Time from one number to the next; `undefined`: a second. */
  readonly tickMs: number | undefined;
  readonly algorithm: SequenceAlgorithm;
}

const uint32Max = 0xffff_ffff;

/**
 * The client's side of a sequence: what it has, what it says, and what it makes of what it hears. It names the next index
 * on every connection, so nothing of where it is depends on what the server remembers (S2.8).
 */
export class ClientSequence {
  readonly #wish: SequenceWish;
  readonly #digest: SequenceDigest;
  #n: number | undefined;
  #result: SequenceResult | undefined;
  #abandoned = false;
  /** Whether the server has answered on this connection: what comes before is of an earlier question. */
  #isOpen = false;
  #ended = false;

  constructor(wish: SequenceWish, crc32: Crc32) {
    this.#wish = wish;
    this.#n = wish.n;
    this.#digest = new SequenceDigest(wish.algorithm, crc32);
  }

  /** Index of the next number: how many there are. */
  get next(): number {
    return this.#digest.count;
  }

  /** How many there will be, once that is known. */
  get n(): number | undefined {
    return this.#n;
  }

  get result(): SequenceResult | undefined {
    return this.#result;
  }

  /** The server has forgotten it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** A number that an earlier life of this program received. */
  remember(value: number): void {
    this.#digest.add(value);
  }

  /** Nobody wants the rest. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** What to say now: on a new connection, after {@linkcode abandon}, and after the result. */
  say(): ClientMessage {
    if (this.#result !== undefined) return { type: 'sum', checksum: this.#result.local };
    if (this.#abandoned) return { type: 'sum' };
    this.#isOpen = false;
    const { tickMs, algorithm } = this.#wish;
    return { type: 'sequence', index: this.next, n: this.#n, tickMs, algorithm };
  }

  /** Listens to no more numbers until {@linkcode say} asks for them again. */
  pause(): void {
    this.#isOpen = false;
  }

  /**
   * The server has spoken. Gives the number that came, if one did.
   *
   * @throws {PacketboatError} `badFrame` when that cannot be true.
   */
  heard(message: Exclude<SequenceMessage, { readonly type: 'sequenceRefused' }>): SequenceNumber | undefined {
    switch (message.type) {
      case 'number':
        return this.#isOpen ? this.#number(message) : undefined;
      case 'sequenceBegun':
        this.#begun(message);
        break;
      case 'sum':
        if (this.#isOpen) this.#sum(message);
        break;
      case 'sequenceEnded':
        if (this.#result === undefined && !this.#abandoned) throw broken('it ended a sequence that goes on');
        this.#ended = true;
    }
    return undefined;
  }

  #begun({ index, n, algorithm }: Said<'sequenceBegun'>): void {
    if (index !== this.next || n !== (this.#n ?? n) || n < index || algorithm !== this.#wish.algorithm) {
      throw broken(`it began a sequence of ${n} numbers at ${index}, with ${algorithm}, which was not asked for`);
    }
    this.#n = n;
    this.#isOpen = true;
  }

  #number({ index, value }: SequenceNumber): SequenceNumber {
    if (index !== this.next || index >= (this.#n ?? 0))
      throw broken(`number ${index} came where ${this.next} was next`);
    if (value > uint32Max) throw broken(`number ${index} is ${value}, more than a uint32`);
    this.#digest.add(value);
    return { index, value };
  }

  #sum({ count, checksum: server }: Said<'sum'>): void {
    if (count !== this.#n || count !== this.next) throw broken(`the sum of ${count} numbers came after ${this.next}`);
    const local = this.#digest.checksum;
    this.#result = { count, local, server, equal: local === server };
    this.#isOpen = false;
  }
}

function broken(what: string): PacketboatError {
  return new PacketboatError('badFrame', `The server broke the protocol: ${what}`);
}
