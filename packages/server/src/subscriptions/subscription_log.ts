import {
  assert,
  type Batch,
  batchRecords,
  openBatch,
  openBatches,
  PacketboatError,
  quoted,
  sealBatch,
  storedLimits,
} from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { foldEvent, stateEvent, type SubscriptionEvent, type SubscriptionState } from './subscription_state.ts';

/** Streams of subscriptions are named by this and the subscription's id. */
export const subscriptionPrefix = '__ds/subscriptions/';
const contentType = 'application/json';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What is stored of a subscription. */
interface Stored {
  readonly incarnation: string;
  readonly state: SubscriptionState;
  readonly tail: number;
  /** Where the last `state` event stands: what is before it is not needed. */
  readonly base: number;
}

/** The stream of one subscription's events, and their fold. Its appends are made one after the other. */
export class SubscriptionLog {
  readonly incarnation: string;
  readonly #broker: Broker;
  readonly #stream: string;
  #state: SubscriptionState;
  #tail: number;
  #base: number;

  private constructor(broker: Broker, stream: string, { incarnation, state, tail, base }: Stored) {
    this.incarnation = incarnation;
    this.#broker = broker;
    this.#stream = stream;
    this.#state = state;
    this.#tail = tail;
    this.#base = base;
  }

  /** Makes the stream, with its first event. Rejects with `exists` when there is one already. */
  static async create(broker: Broker, id: string, state: SubscriptionState): Promise<SubscriptionLog> {
    const stream = subscriptionPrefix + id;
    broker.checkReady();
    const first = seal(broker, [stateEvent(state)]);
    const outcome = await broker.store.log.create(stream, { contentType, first });
    if (outcome.kind !== 'created') throw new PacketboatError('exists', `There is a stream ${quoted(stream)} already`);
    return new SubscriptionLog(broker, stream, { incarnation: outcome.info.incarnation, state, tail: 1, base: 0 });
  }

  /** Reads what is stored. Rejects with `damaged` when it makes no sense. */
  static async open(broker: Broker, id: string): Promise<SubscriptionLog> {
    const stream = subscriptionPrefix + id;
    return new SubscriptionLog(broker, stream, await read(broker, stream));
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /**
   * Stores the events of one decision on the state that is stored, in one append. `expectedOffset` keeps it true when
   * somebody else writes: then nothing is stored, and it rejects with `offsetConflict`.
   */
  async append(events: readonly SubscriptionEvent[]): Promise<void> {
    if (events.length === 0) return;
    const outcome = await this.#broker.append({
      stream: this.#stream,
      batch: seal(this.#broker, events),
      incarnation: this.incarnation,
      expectedOffset: this.#tail,
    });
    if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
    assert(outcome.kind === 'appended', 'events carry neither sequence nor key');
    if (events.some(({ event }) => event === 'state')) this.#base = this.#tail;
    this.#tail += events.length;
    this.#state = events.reduce(foldEvent, this.#state);
  }

  /** Lets one event say everything, when there are many, and drops those before it. */
  async compact(): Promise<void> {
    if (this.#tail - this.#base < this.#broker.limits.subscriptionEventsMax) return;
    await this.append([stateEvent(this.#state)]);
    await this.#broker.store.log.trim(this.#stream, this.#base);
  }

  /** Deletes the stream: the subscription has ended. */
  async delete(): Promise<void> {
    await this.#broker.store.log.delete(this.#stream);
  }
}

async function read(broker: Broker, stream: string): Promise<Stored> {
  const { store, world, limits } = broker;
  const info = await store.log.info(stream);
  if (typeof info === 'string') throw new PacketboatError(info, `Stream ${quoted(stream)} is ${info}`);
  let state: SubscriptionState | undefined;
  let [tail, base] = [info.first, info.first];
  while (tail < info.tail) {
    const outcome = await store.log.read(stream, tail, limits.readBytesMax);
    assert(outcome.kind === 'segments' && outcome.segments.length > 0, 'what the store tells of can be read');
    for (const { bytes } of outcome.segments) {
      for (const event of eventsIn(openBatches(bytes, world.crc32, storedLimits))) {
        if (event.event === 'state') base = tail;
        state = foldEvent(state, event);
        tail += 1;
      }
    }
  }
  if (state === undefined) throw new PacketboatError('damaged', `Stream ${quoted(stream)} holds no subscription`);
  return { incarnation: info.incarnation, state, tail, base };
}

function* eventsIn(batches: readonly Batch[]): Generator<SubscriptionEvent> {
  for (const batch of batches) {
    for (const { bytes } of batchRecords(batch)) yield JSON.parse(decoder.decode(bytes)) as SubscriptionEvent;
  }
}

function seal({ world, limits }: Broker, events: readonly SubscriptionEvent[]): Batch {
  const timeNs = world.clock.wallNs();
  const records = events.map((event) => ({ timeNs, bytes: encoder.encode(JSON.stringify(event)) }));
  return openBatch(sealBatch({ records }, world.crc32), 0, world.crc32, limits);
}
