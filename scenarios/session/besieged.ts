/** A real server with a client that works, while others try to harm it. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, connect, type Producer, type ReadRecord } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import { metric, metricIn, metrics } from '../support/metrics.ts';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

/** What a server holds for those who are connected. */
const gauges = [
  'connections',
  'session_connections',
  'sessions_attached',
  'subscriptions',
  'sequences',
  'catch_up_reads',
  'append_backlog',
  'append_backlog_bytes',
  'store_queued_bytes',
  'http_body_bytes',
] as const;
/** How often a server is looked at until it has come back to its base: it hears of closed sockets a moment later. */
const looksMax = 2_000;
const lookMs = 10;

export class Besieged implements AsyncDisposable {
  readonly server: Running;
  readonly url: string;
  /** The client that works. */
  readonly client: Client;
  readonly #producer: Producer;
  readonly #records: AsyncIterator<ReadRecord>;
  readonly #folder: AsyncDisposable;
  #published = 0;
  #base: readonly number[] = [];

  private constructor(folder: AsyncDisposable, server: Running & { url: string }, client: Client, producer: Producer) {
    this.#folder = folder;
    this.server = server;
    this.url = server.url;
    this.client = client;
    this.#producer = producer;
    this.#records = client.read('alive')[Symbol.asyncIterator]();
  }

  /** Starts a server, with further arguments, and the client. */
  static async open(...args: readonly string[]): Promise<Besieged> {
    const folder = await tempFolder();
    const server = await serve(folder.path, args);
    const client = await connect(server.url, { client: 'the one that works', world: nodeWorld });
    const producer = await client.producer('alive', { create: true });
    const besieged = new Besieged(folder, server, client, producer);
    await besieged.alive();
    besieged.#base = await besieged.#held();
    return besieged;
  }

  /** The client's next record is acknowledged and delivered, behind all earlier ones. */
  async alive(): Promise<void> {
    const offset = this.#published++;
    const receipt = await this.#producer.publish(String(offset));
    assert.equal(receipt.offset, offset);
    const { value } = (await this.#records.next()) as IteratorYieldResult<ReadRecord>;
    assert.equal(value.offset, offset);
    assert.equal(new TextDecoder().decode(value.bytes), String(offset));
  }

  /** The client goes on, and the server holds what it held before anybody came, and not more. */
  async unharmed(): Promise<void> {
    await this.alive();
    const base = String(this.#base);
    for (let look = 1; look < looksMax && String(await this.#held()) !== base; look++) await pause(lookMs);
    assert.deepEqual(await this.#held(), this.#base, gauges.join());
  }

  /** The value of a metric. */
  metric(name: string): Promise<number> {
    return metric(this.url, name);
  }

  async #held(): Promise<number[]> {
    const text = await metrics(this.url);
    return gauges.map((name) => metricIn(text, name));
  }

  /** No defect was met, and the server stops as it should. */
  async [Symbol.asyncDispose](): Promise<void> {
    const defects = await this.metric('refusals_total{code="internal"}');
    await this.client.close();
    const { code } = await this.server.end();
    await this.#folder[Symbol.asyncDispose]();
    assert.equal(defects, 0, this.server.stderr.join('\n'));
    assert.equal(code, 0, this.server.stderr.join('\n'));
  }
}
