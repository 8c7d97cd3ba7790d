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
  // The shape is the protocol's: tests say what they expect of it.
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A call of a webhook, with its body parsed. */
export interface ReceivedCall extends WebhookCall {
  readonly said: {
    readonly wake_id: string;
    readonly generation: number;
    readonly callback_token: string;
    readonly callback_url: string;
    readonly streams: readonly { readonly path: string; readonly tail_offset: string; readonly has_pending: boolean }[];
  };
}

const contentType = 'application/json';

/** Subscriptions over a memory store in virtual time, asked by their routes, and a receiver that answers as it is told. */
export async function testSubscriptions(overrides: Partial<Limits> = {}) {
  const { virtual, limits, store, settle, broker: first } = testBroker(overrides);
  const warnings: string[] = [];
  const log = { ...first.log, warn: (_: object, message: string) => void warnings.push(message) };
  const calls: ReceivedCall[] = [];
  const receiver = {
    answer: async (_call: ReceivedCall): Promise<WebhookAnswer> => ({ status: 200, body: '{}' }),
  };
  const call = (made: WebhookCall) => {
    const received = { ...made, said: JSON.parse(made.body) };
    calls.push(received);
    return receiver.answer(received);
  };
  const start = async () => {
    const broker = new Broker({ store, world: virtual.world, limits, log });
    const webhooks = { public: true, loopback: true };
    const subscriptions = await Subscriptions.open({ broker, webhooks, call });
    subscriptions.start();
    return { broker, subscriptions, routes: new SubscriptionRoutes(broker, subscriptions) };
  };
  let running = await start();
  const sealed = (values: readonly unknown[]) => {
    const records = values.map((value) => ({ timeNs: 1n, bytes: Buffer.from(JSON.stringify(value)) }));
    return openBatch(sealBatch({ records }, virtual.world.crc32), 0, virtual.world.crc32, limits);
  };
  return {
    virtual,
    limits,
    store,
    settle,
    calls,
    receiver,
    warnings,
    get subscriptions() {
      return running.subscriptions;
    },
    get broker() {
      return running.broker;
    },
    /** Stops all that runs, and starts it again over the same store. */
    async restart() {
      running.subscriptions.stop();
      await settle();
      running = await start();
      await settle();
    },
    /** Asks a control route; `path` follows `/v1/stream/__ds`. */
    async ask(method: string, path: string, body?: unknown, token?: string): Promise<Answered> {
      const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
      const answering = running.routes.answer({
        method,
        path: `/v1/stream/__ds${path}`,
        origin: 'http://boat',
        header: (name) => (name === 'authorization' && token !== undefined ? `Bearer ${token}` : undefined),
        body: bytes,
      });
      await settle();
      const { status, headers, body: pieces = [] } = await answering;
      assert(Symbol.iterator in pieces);
      const text = Buffer.concat([...pieces]).toString();
      return { status, headers, body: text === '' ? {} : JSON.parse(text) };
    },
    /** Creates a JSON stream. */
    async create(stream: string) {
      await Promise.all([store.log.create(stream, { contentType }), settle()]);
    },
    /** Appends a record each, creating the stream; lets what follows from it happen. */
    async append(stream: string, ...values: unknown[]) {
      const appending = running.broker.append({ stream, batch: sealed(values), create: { contentType } });
      await settle();
      const outcome = await appending;
      if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
    },
    async remove(stream: string) {
      await Promise.all([store.log.delete(stream), settle()]);
      await settle();
    },
    /** All records of a stream. */
    async records(stream: string): Promise<Record<string, unknown>[]> {
      const info = await store.log.info(stream);
      if (typeof info === 'string') return [];
      const outcome = await store.log.read(stream, info.first, limits.readBytesMax);
      assert(outcome.kind === 'segments');
      return outcome.segments
        .flatMap(({ bytes }) => openBatches(bytes, virtual.world.crc32, limits))
        .flatMap((batch) => [...batchRecords(batch)])
        .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()));
    },
  };
}
