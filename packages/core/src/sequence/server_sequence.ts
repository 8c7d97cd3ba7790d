import type { ServerMessage } from '../control.ts';
import { PacketboatError } from '../errors.ts';
import type { Crc32 } from '../ports.ts';
import { type SequenceAlgorithm, SequenceDigest } from './sequence_digest.ts';
import { sequenceValues } from './sequence_values.ts';

/** What a sequence is. Its numbers follow from the seed. */
export interface SequencePlan {
  /** 16 bytes in hex. */
  readonly seed: string;
  /** How many numbers it has. */
  readonly n: number;
  /** Time from one number to the next. */
  readonly tickMs: number;
  readonly algorithm: SequenceAlgorithm;
}

/** Numbers that the checksum may fall behind by, and catches up on in one step. */
const summedPerStepMax = 4_096;

/**
 * The server's side of a sequence: says what is due. One number per tick, the first one tick after the beginning, each
 * at its own moment, so that a late one does not make the next late (S2.2). Moments that were missed altogether, because
 * nobody was connected or the machine was asleep, are not made up for: numbers never come in a burst.
 */
export class ServerSequence {
  readonly plan: SequencePlan;
  readonly #valueAt: (index: number) => number;
  readonly #digest: SequenceDigest;
  #next = 0;
  #dueMs: number | undefined;
  /** When the next number is due: kept over connections. */
  #paceMs: number | undefined;

  constructor(plan: SequencePlan, crc32: Crc32) {
    this.plan = plan;
    this.#valueAt = sequenceValues(plan.seed);
    this.#digest = new SequenceDigest(plan.algorithm, crc32);
  }

  /** When {@linkcode step} has something to say; `undefined` when all was said. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** Its checksum, once it was said. */
  get checksum(): string | undefined {
    return this.#digest.count === this.plan.n ? this.#digest.checksum : undefined;
  }

  /**
   * A connection is there, and its client has every number before `index`.
   *
   * @throws {PacketboatError} `badRequest` for an index past the end.
   */
  begin(index: number, nowMs: number): void {
    const { n, tickMs } = this.plan;
    if (index > n)
      throw new PacketboatError('badRequest', `The sequence has ${n} numbers, there is no number ${index}`);
    this.#next = index;
    this.#paceMs = Math.max(nowMs, this.#paceMs ?? nowMs + tickMs);
    this.#dueMs = index === n ? nowMs : this.#paceMs;
  }

  /** What is to be said now. */
  step(nowMs: number): ServerMessage | undefined {
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return undefined;
    const { n } = this.plan;
    if (this.#next < n) return this.#number(nowMs);
    this.#sum();
    if (this.#digest.count < n) return undefined;
    this.#dueMs = undefined;
    return { type: 'sum', count: n, checksum: this.#digest.checksum };
  }

  #number(nowMs: number): ServerMessage {
    const { n, tickMs } = this.plan;
    const index = this.#next;
    this.#next += 1;
    this.#sum();
    const dueMs = this.#dueMs ?? nowMs;
    this.#paceMs = (nowMs - dueMs < tickMs ? dueMs : nowMs) + tickMs;
    this.#dueMs = this.#next < n ? this.#paceMs : nowMs;
    return { type: 'number', index, value: this.#valueAt(index) };
  }

  /** Brings the checksum on, towards what was said. */
  #sum(): void {
    const end = Math.min(this.#next, this.#digest.count + summedPerStepMax);
    for (let index = this.#digest.count; index < end; index++) this.#digest.add(this.#valueAt(index));
  }
}
