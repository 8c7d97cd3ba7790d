import {
  type ClientMessage,
  hex,
  isSequenceAlgorithm,
  PacketboatError,
  quoted,
  type SequencePlan,
  ServerSequence,
  type Timer,
} from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { Session } from '../broker/session.ts';
import { UntilDone } from '../broker/until_done.ts';
import type { Connection } from '../connection/connection.ts';
import { SequenceEntries } from './sequence_entries.ts';

type Said<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;

/** A sequence that a connection is sent. */
interface Running {
  readonly sequence: ServerSequence;
  timer: Timer | undefined;
}

/** Requests of a session that wait for each other. */
interface Turns {
  last: Promise<void>;
  waiting: number;
}

/** Sequences have 1 … 65,535 numbers unless their client says how many. */
const randomNumbersMax = 65_535;
const tickMsDefault = 1_000;
const tickMsMax = 3_600_000;
const waitingMax = 8;
const busyRetryMs = 5_000;

/**
 * Verifiable sequences, one for each session that asks: one number per tick, and at the end their checksum. What is
 * stored of one is its plan; it is deleted when its client has answered the checksum, and with its session.
 */
export class Sequences {
  readonly #broker: Broker;
  readonly #entries: SequenceEntries;
  readonly #running = new Map<Connection, Running>();
  /** Goes with its session. Spares us the way to the store, and keeps the pace over connections. */
  readonly #known = new WeakMap<Session, ServerSequence>();
  readonly #turns = new WeakMap<Session, Turns>();
  readonly #sweep: UntilDone;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#entries = new SequenceEntries(broker.store.map);
    broker.sessions.whenEnded((session) => this.#entries.delete(session));
    const failed = (error: unknown) => broker.log.warn({ error }, 'what is left of old sequences could not be deleted');
    this.#sweep = new UntilDone(broker.world.timers, () => this.#sweepOnce(), failed);
  }

  /** Sequences that are being sent. */
  get running(): number {
    return this.#running.size;
  }

  /** Deletes what is left of sessions that are gone, when a process died between the two. */
  start(): void {
    this.#sweep.start();
  }

  /** Begins the session's sequence, or goes on in it. */
  begin(connection: Connection, wish: Said<'sequence'>): void {
    this.#inTurn(connection, async (session) => {
      if (!this.#running.has(connection)) this.#checkRoom();
      const sequence = await this.#sequenceOf(session, wish);
      if (connection.closed) return;
      this.leave(connection);
      sequence.begin(wish.index, this.#nowMs());
      const running: Running = { sequence, timer: undefined };
      this.#running.set(connection, running);
      const { n, tickMs, algorithm } = sequence.plan;
      connection.send({ type: 'sequenceBegun', index: wish.index, n, tickMs, algorithm });
      this.#step(connection, running);
    });
  }

  /** The client is done with its sequence. Said again after a cut, or of none, it is answered all the same. */
  end(connection: Connection, { checksum }: Said<'sum'>): void {
    this.#inTurn(connection, async (session) => {
      this.leave(connection);
      await this.#entries.delete(session.id);
      this.#compare(session, checksum);
      this.#known.delete(session);
      connection.send({ type: 'sequenceEnded' });
    });
  }

  /** The connection wants no more numbers, or is gone. */
  leave(connection: Connection): void {
    this.#running.get(connection)?.timer?.cancel();
    this.#running.delete(connection);
  }

  /** No timer runs any more. */
  stop(): void {
    this.#sweep.stop();
    for (const connection of this.#running.keys()) this.leave(connection);
  }

  async #sweepOnce(): Promise<void> {
    for await (const session of this.#entries.sessions()) {
      if (!(await this.#broker.sessions.isStored(session))) await this.#entries.delete(session);
    }
  }

  #step(connection: Connection, running: Running): void {
    const { sequence } = running;
    const { world, counters } = this.#broker;
    const message = sequence.step(this.#nowMs());
    if (message !== undefined) connection.send(message);
    if (message?.type === 'number') counters.sequenceNumbersSent += 1;
    // Sending may have found the peer too slow, and ended the connection.
    if (connection.closed || sequence.dueMs === undefined) return this.leave(connection);
    const delayMs = Math.max(0, sequence.dueMs - this.#nowMs());
    running.timer = world.timers.after(delayMs, () => this.#step(connection, running));
  }

  #checkRoom(): void {
    const { sequencesMax } = this.#broker.limits;
    if (this.#running.size < sequencesMax) return;
    const message = `The server sends as many sequences as it may: ${sequencesMax} (sequencesMax)`;
    throw new PacketboatError('busy', message, { retryAfterMs: busyRetryMs });
  }

  /** The session's sequence: the one it has, or a new one. */
  async #sequenceOf(session: Session, wish: Said<'sequence'>): Promise<ServerSequence> {
    const { world, counters } = this.#broker;
    const known = this.#known.get(session);
    const stored = known?.plan ?? (await this.#entries.get(session.id));
    const plan = stored ?? (await this.#entries.create(session.id, this.#plan(wish)));
    if (stored === undefined && (await this.#isOver(session))) {
      // It ended while the store was at work: whoever deletes what is its own was here before us.
      this.#sweep.start();
      throw new PacketboatError('expired', 'The session has ended');
    }
    checkSame(plan, wish);
    if (stored === undefined) counters.sequencesBegun += 1;
    const sequence = known ?? new ServerSequence(plan, world.crc32);
    this.#known.set(session, sequence);
    return sequence;
  }

  /** Whether the session has ended, here or at another server. One that the store had no room for is known here only. */
  async #isOver({ id, ending, revision }: Session): Promise<boolean> {
    return ending || (revision !== undefined && !(await this.#broker.sessions.isStored(id)));
  }

  /** @throws {PacketboatError} for a wish that is none, or that goes on in a sequence that is gone. */
  #plan({ index, n, tickMs = tickMsDefault, algorithm = 'crc-32' }: Said<'sequence'>): SequencePlan {
    const { random } = this.#broker.world;
    const { sequenceNumbersMax, sequenceTickMsMin } = this.#broker.limits;
    if (index > 0) throw new PacketboatError('expired', 'There is no sequence of this session to go on with');
    if (n !== undefined && (n < 1 || n > sequenceNumbersMax)) {
      throw new PacketboatError('badRequest', `A sequence has 1 … ${sequenceNumbersMax} numbers, not ${n}`);
    }
    if (tickMs < sequenceTickMsMin || tickMs > tickMsMax) {
      throw new PacketboatError('badRequest', `A tick has ${sequenceTickMsMin} … ${tickMsMax} ms, not ${tickMs}`);
    }
    if (!isSequenceAlgorithm(algorithm)) {
      throw new PacketboatError('badRequest', `Checksums are made with crc-32 or sha-256, not ${quoted(algorithm)}`);
    }
    const drawn = 1 + Math.floor(random.fraction() * Math.min(randomNumbersMax, sequenceNumbersMax));
    return { seed: hex(random.bytes(16)), n: n ?? drawn, tickMs, algorithm };
  }

  #compare(session: Session, checksum: string | undefined): void {
    const { counters, log } = this.#broker;
    const expected = this.#known.get(session)?.checksum;
    if (checksum === undefined || expected === undefined) return;
    if (checksum === expected) {
      counters.sequencesEqual += 1;
      log.info({ session: session.id, checksum }, 'a sequence arrived whole');
    } else {
      counters.sequencesDifferent += 1;
      log.warn({ session: session.id, checksum: quoted(checksum), expected }, 'a sequence arrived damaged');
    }
  }

  /** One request of a session after the other: they ask the store, and what one leaves the next one finds. */
  #inTurn(connection: Connection, work: (session: Session) => Promise<void>): void {
    const { session } = connection;
    const turns = this.#turns.get(session) ?? { last: Promise.resolve(), waiting: 0 };
    this.#turns.set(session, turns);
    if (turns.waiting >= waitingMax) {
      return connection.close('limitReached', `${waitingMax} requests about its sequence wait already`);
    }
    turns.waiting += 1;
    turns.last = turns.last
      .then(() => work(session))
      .catch((error) => refuse(connection, error))
      .finally(() => (turns.waiting -= 1));
  }

  #nowMs(): number {
    return this.#broker.world.clock.monotonicMs();
  }
}

/** @throws {PacketboatError} `exists` when the session's sequence is another one than is asked for. */
function checkSame(plan: SequencePlan, { n, tickMs, algorithm }: Said<'sequence'>): void {
  const isSame =
    plan.n === (n ?? plan.n) &&
    plan.tickMs === (tickMs ?? plan.tickMs) &&
    plan.algorithm === (algorithm ?? plan.algorithm);
  if (isSame) return;
  const has = `${plan.n} numbers, one every ${plan.tickMs} ms, ${plan.algorithm}`;
  throw new PacketboatError('exists', `The session has another sequence, which is not finished: ${has}`);
}

function refuse(connection: Connection, error: unknown): void {
  const { code, message, retryAfterMs } = connection.noted(error);
  connection.send({ type: 'sequenceRefused', code, message, retryAfterMs });
}
