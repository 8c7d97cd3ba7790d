import type { Batch, ClientMessage } from '@packetboat/core';
import type { MemorySession } from './memory_session.ts';

/** A producer's channel: appends in order, answers with cumulative receipts, and is deaf after a refusal. */
export class MemoryChannel {
  readonly #session: MemorySession;
  readonly #wish: ClientMessage & { readonly type: 'produce' };
  #incarnation: string | undefined;
  #over = false;
  readonly #waiting: Batch[] = [];
  #working = false;

  constructor(session: MemorySession, wish: ClientMessage & { readonly type: 'produce' }) {
    this.#session = session;
    this.#wish = wish;
  }

  async open(): Promise<void> {
    const { channel, stream, producer, epoch: wanted, incarnation: known } = this.#wish;
    const { log } = this.#session.server.store;
    if (this.#session.server.isBusy()) return this.#reject('busy');
    const created = await log.create(stream);
    if (created.kind === 'refused') return this.#reject(created.code);
    const { info } = created;
    if (known !== undefined && known !== info.incarnation) return this.#reject('incarnationMismatch');
    const state = await log.producer(stream, producer);
    if (this.#over) return;
    const epoch = wanted ?? (state === undefined ? 0 : state.epoch + 1);
    const sequence = state?.epoch === epoch ? state.sequence + 1 : 0;
    this.#incarnation = info.incarnation;
    const { incarnation, tail } = info;
    this.#session.send({ type: 'producing', channel, stream, incarnation, epoch, sequence, tail });
  }

  publish(batches: readonly Batch[]): void {
    if (this.#over || this.#incarnation === undefined) return;
    this.#waiting.push(...batches);
    if (!this.#working) void this.#work();
  }

  finish(): void {
    this.#over = true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    const { channel, stream } = this.#wish;
    const { server } = this.#session;
    for (let batch = this.#waiting.shift(); batch !== undefined && !this.#over; batch = this.#waiting.shift()) {
      if (server.isBusy()) this.#reject('busy');
      else {
        const outcome = await server.store.log.append({ stream, batch, incarnation: this.#incarnation });
        const sequence = batch.producer?.sequence ?? 0;
        if (outcome.kind === 'refused') this.#reject(outcome.code);
        else if (!this.#over && this.#waiting.length === 0) {
          const { kind, offset, proof } = outcome;
          this.#session.send({ type: 'receipt', channel, sequence, offset, duplicate: kind === 'duplicate', proof });
        }
      }
    }
    this.#working = false;
  }

  #reject(code: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#session.send({ type: 'rejected', channel: this.#wish.channel, code, message: 'refused', retryAfterMs: 5 });
  }
}
