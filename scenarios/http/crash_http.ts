/**
 * Kills the server with SIGKILL at random moments under the published client of the Durable Streams protocol, starts it
 * again on its port and data, and then counts: what was acknowledged is there, once, in each producer's order, and a
 * reader that followed all the while has seen the same (P1, P2, P3, P4).
 *
 * It does not test what a power cut does: the page cache survives a killed process. See `faults/power_cut.test.ts`.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Running, serve } from '../support/packetboat.ts';
import { seeded } from '../support/seeded.ts';
import { createStream, follow, LoadProducer, type LoadRecord, type LoadStream, readWhole } from './idempotent_load.ts';

/** Options of {@linkcode crashHttp}. */
export interface CrashHttpOptions {
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  /** Called after every kill. @default nothing is said */
  readonly onKill?: (kill: { number: number; startMs: number; acknowledged: number }) => void;
}

/** What was counted. */
export interface CrashHttpReport {
  readonly acknowledged: number;
  readonly stored: number;
}

const producersPerStream = 2;
/** How long anything may take to come about while nothing is killed. */
const calmMs = 60_000;

/** Runs the whole thing; throws when anything is missing, twice or out of order. */
export async function crashHttp(options: CrashHttpOptions): Promise<CrashHttpReport> {
  const random = seeded(options.seed);
  let server: Running & { url: string } = await serve(options.folder);
  const { url } = server;
  const end = new AbortController();
  try {
    const streams: LoadStream[] = [
      { url: `${url}/v1/stream/crash/json`, contentType: 'application/json', live: 'sse' },
      { url: `${url}/v1/stream/crash/text`, contentType: 'text/plain', live: 'long-poll' },
    ];
    for (const each of streams) await createStream(each);
    const halves = streams.map((each) => new StreamLoad(each, end.signal));
    const acknowledged = () => sum(halves.map((half) => half.acknowledged));
    for (let number = 1; number <= options.kills; number++) {
      // A server that was killed before it did anything has shown nothing.
      const before = acknowledged();
      await until(() => acknowledged() > before, 'something more is acknowledged');
      await pause(random() * 400);
      assert.equal((await server.end('SIGKILL')).signal, 'SIGKILL', server.stderr.join('\n'));
      const from = performance.now();
      server = await serve(options.folder, ['--port', new URL(url).port]);
      options.onKill?.({ number, startMs: performance.now() - from, acknowledged: acknowledged() });
    }
    const stored = sum(await Promise.all(halves.map((half) => half.finish())));
    // While it lives: a client of theirs that finds nobody goes on looking, whatever its signal says.
    end.abort();
    assert.equal((await server.end()).code, 0, server.stderr.join('\n'));
    return { acknowledged: acknowledged(), stored };
  } finally {
    end.abort();
    if (server.process.exitCode === null && server.process.signalCode === null) await server.end('SIGKILL');
  }
}

/** Two producers of one stream, and a reader that follows it. */
class StreamLoad {
  readonly #stream: LoadStream;
  readonly #producers: readonly LoadProducer[];
  readonly #stop = new AbortController();
  readonly #runs: Promise<unknown>;
  readonly #seen: LoadRecord[] = [];

  constructor(stream: LoadStream, abort: AbortSignal) {
    this.#stream = stream;
    this.#producers = Array.from({ length: producersPerStream }, (_, index) => new LoadProducer(index, stream, abort));
    abort.addEventListener('abort', () => this.#stop.abort());
    this.#runs = Promise.all(this.#producers.map((producer) => producer.run(this.#stop.signal)));
    // Whoever calls `finish` is told; until then nobody waits for them.
    this.#runs.catch(() => undefined);
    void follow(stream, this.#seen, abort);
  }

  get acknowledged(): number {
    return sum(this.#producers.map((producer) => producer.acknowledged));
  }

  /** Appends no more, and checks what is stored. @returns how many records that are. */
  async finish(): Promise<number> {
    this.#stop.abort();
    let ended = false;
    void this.#runs.finally(() => (ended = true)).catch(() => undefined);
    await until(() => ended, `${this.#stream.url}: all that was appended is acknowledged`);
    await this.#runs;
    const stored = await readWhole(this.#stream);
    const { url } = this.#stream;
    for (const [index, producer] of this.#producers.entries()) {
      const numbers = stored.filter((record) => record.producer === index).map((record) => record.number);
      // After a flush without an error everything that was appended is acknowledged.
      assert.equal(producer.acknowledged, producer.appended, `${url}: producer ${index}`);
      assert.ok(producer.appended > 0);
      const wrong = numbers.findIndex((number, at) => number !== at);
      assert.equal(wrong, -1, `${url}: producer ${index}: ${numbers[wrong]} in place of ${wrong}`);
      assert.equal(numbers.length, producer.appended, `${url}: producer ${index}: records stored`);
    }
    await until(() => this.#seen.length >= stored.length, `${url}: the reader has seen all`);
    assert.equal(this.#seen.length, stored.length, `${url}: records the reader saw`);
    const differs = this.#seen.findIndex((seen, at) => !isDeepStrictEqual(seen, stored[at]));
    assert.equal(differs, -1, `${url}: the reader saw something else at ${differs}`);
    return stored.length;
  }
}

/** @throws {AssertionError} when it does not come about. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (const from = performance.now(); !condition(); await pause(5)) {
    assert.ok(performance.now() - from < calmMs, `not within ${calmMs} ms: ${what}`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}
