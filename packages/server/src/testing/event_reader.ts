import assert from 'node:assert/strict';
import { type ParsedEvent, parseEvents } from './parse_events.ts';
import type { GetOptions, streamBench } from './stream_bench.ts';

/** A reader of an event stream, which reads on by itself until it is told to stop. */
export class EventReader {
  readonly pieces: Uint8Array[] = [];
  ended = false;
  error: unknown;
  #room = Promise.withResolvers<void>();

  static async of(
    bench: ReturnType<typeof streamBench>,
    query: string,
    stream = 's',
    options: GetOptions = {},
  ): Promise<EventReader> {
    const { status, body } = await bench.get(stream, `${query}&live=sse`, options);
    assert.equal(status, 200);
    assert(body !== undefined && Symbol.asyncIterator in body);
    const reader = new EventReader();
    reader.#room.resolve();
    void reader.#pull(body).catch((error) => (reader.error = error));
    await bench.settle();
    return reader;
  }

  stopReading(): void {
    this.#room = Promise.withResolvers();
  }

  readOn(): void {
    this.#room.resolve();
  }

  get events(): ParsedEvent[] {
    return parseEvents(Buffer.concat(this.pieces));
  }

  get data(): string {
    return this.events
      .filter(({ event }) => event === 'data')
      .map(({ data }) => data)
      .join('|');
  }

  get controls(): Record<string, unknown>[] {
    const controls = this.events.filter(({ event }) => event === 'control');
    return controls.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  }

  async #pull(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of body) {
      this.pieces.push(piece);
      await this.#room.promise;
    }
    this.ended = true;
  }
}
