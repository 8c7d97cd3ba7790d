import assert from 'node:assert/strict';
import { batchRecords, type Limits, openBatch, openBatches, PacketboatError, sealBatch } from '@packetboat/core';
import { Broker } from '../broker/broker.ts';
import type { WebhookAnswer, WebhookCall } from '../subscriptions/call_webhook.ts';
import { SubscriptionRoutes } from '../subscriptions/subscription_routes.ts';
import { Subscriptions } from '../subscriptions/subscriptions.ts';
import { testBroker } from './test_broker.ts';

/** What a control route answered. */
export interface Answered {
  readonly status: number;
  /** Its shape is the protocol's: tests say what they expect of it. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a call of a webhook, or the answer to a claim, tells of a wake. */
export interface Told {
  readonly wake_id: string;
  readonly generation: number;
  readonly streams: readonly { readonly path: string; readonly tail_offset: string; readonly has_pending: boolean }[];
}

/** A call of a webhook, with its body parsed. */
export interface ReceivedCall extends WebhookCall {
  readonly said: Told & { readonly callback_token: string; readonly callback_url: string };
}

/** The answer to a claim. */
export type Claimed = Told & { readonly status: number; readonly token: string };

const contentType = 'application/json';

/** Subscriptions over a memory store in virtual time, asked by their routes, and a receiver that answers as it is told. */
export class SubscriptionBench {
  readonly calls: ReceivedCall[] = [];
  readonly warnings: string[] = [];
  /** What the receiver does. */
  answer: (call: ReceivedCall) => Promise<WebhookAnswer> = async () => ({ status: 200, body: '{}' });
  /** Where clients reach the server. */
  origin = 'http://boat';
  readonly #bench: ReturnType<typeof testBroker>;
  #broker: Broker;
  #subscriptions: Subscriptions | undefined;

  private constructor(overrides: Partial<Limits>) {
    this.#bench = testBroker(overrides);
    this.#broker = this.#bench.broker;
  }

  static async open(overrides: Partial<Limits> = {}): Promise<SubscriptionBench> {
    const bench = new SubscriptionBench(overrides);
    await bench.restart();
    return bench;
  }

  get virtual() {
    return this.#bench.virtual;
  }

  get limits(): Limits {
    return this.#bench.limits;
  }

  get store() {
    return this.#bench.store;
  }

  get broker(): Broker {
    return this.#broker;
  }

  get subscriptions(): Subscriptions {
    return this.#subscriptions ?? assert.fail('opened');
  }

  settle(): Promise<void> {
    return this.#bench.settle();
  }

  /** Stops all that runs, and starts it again over the same store. */
  async restart(): Promise<void> {
    const { store, virtual, limits, broker } = this.#bench;
    this.#subscriptions?.stop();
    await this.settle();
    const log = { ...broker.log, warn: (_: object, message: string) => void this.warnings.push(message) };
    this.#broker = new Broker({ store, world: virtual.world, limits, log });
    const call = (made: WebhookCall) => {
      const received = { ...made, said: JSON.parse(made.body) };
      this.calls.push(received);
      return this.answer(received);
    };
    const webhooks = { public: true, loopback: true };
    this.#subscriptions = await Subscriptions.open({ broker: this.#broker, webhooks, call });
    this.#subscriptions.start();
    await this.settle();
  }

  /** Asks a control route; `path` follows `/v1/stream/__ds`. */
  async ask(method: string, path: string, body: unknown = '', token?: string): Promise<Answered> {
    const answering = new SubscriptionRoutes(this.#broker, this.subscriptions).answer({
      method,
      path: `/v1/stream/__ds${path}`,
      origin: this.origin,
      header: (name) => (name === 'authorization' && token !== undefined ? `Bearer ${token}` : undefined),
      body: body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    });
    await this.settle();
    const { status, headers, body: pieces = [] } = await answering;
    assert(Symbol.iterator in pieces);
    const text = Buffer.concat([...pieces]).toString();
    return { status, headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** Asks for a subscription. */
  put(id: string, wish: object): Promise<Answered> {
    return this.ask('PUT', `/subscriptions/${id}`, wish);
  }

  async claim(id: string, worker = 'worker-1'): Promise<Claimed> {
    const { status, body } = await this.ask('POST', `/subscriptions/${id}/claim`, { worker });
    return { status, ...(body as unknown as Omit<Claimed, 'status'>) };
  }

  /** Number of records acked of each linked stream; -1 before the first. */
  async acked(id: string): Promise<Record<string, number>> {
    const { body } = await this.ask('GET', `/subscriptions/${id}`);
    const streams = body['streams'] as { path: string; acked_offset: string }[];
    return Object.fromEntries(streams.map(({ path, acked_offset }) => [path, Number(acked_offset.split('_').at(-1))]));
  }

  async create(stream: string): Promise<void> {
    await Promise.all([this.store.log.create(stream, { contentType }), this.settle()]);
  }

  /** Appends a record each, creating the stream; lets what follows from it happen. */
  async append(stream: string, ...values: unknown[]): Promise<void> {
    const { world } = this.virtual;
    const records = values.map((value) => ({ timeNs: 1n, bytes: Buffer.from(JSON.stringify(value)) }));
    const batch = openBatch(sealBatch({ records }, world.crc32), 0, world.crc32, this.limits);
    const appending = this.#broker.append({ stream, batch, create: { contentType } });
    await this.settle();
    const outcome = await appending;
    if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
  }

  async remove(stream: string): Promise<void> {
    await Promise.all([this.store.log.delete(stream), this.settle()]);
    await this.settle();
  }

  /** All records of a stream. */
  async records(stream: string): Promise<Record<string, unknown>[]> {
    const info = await this.store.log.info(stream);
    if (typeof info === 'string') return [];
    const outcome = await this.store.log.read(stream, info.first, this.limits.readBytesMax);
    assert(outcome.kind === 'segments');
    return outcome.segments
      .flatMap(({ bytes }) => openBatches(bytes, this.virtual.world.crc32, this.limits))
      .flatMap((batch) => [...batchRecords(batch)])
      .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()));
  }
}

/** The body that acks everything somebody was told of. */
export function ackOf({ wake_id, generation, streams }: Told, done = true) {
  const acks = streams.map(({ path, tail_offset }) => ({ stream: path, offset: tail_offset }));
  return { wake_id, generation, acks, done };
}

/** The code of a refusal. */
export function codeOf({ status, body }: Answered): string {
  const { code, message } = body['error'] as { code: string; message: unknown };
  assert(typeof message === 'string' && message !== '', 'an error has a sentence');
  return `${status} ${code}`;
}
