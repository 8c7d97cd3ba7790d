import {
  type AppendOutcome,
  type AppendRequest,
  crc32,
  type Log,
  openBatches,
  parseClientMessage,
  storedLimits,
} from '@packetboat/core';
import type { ServerLife } from '../seams.ts';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { unnumbered } from './reseal.ts';

/** After a restart the server knows only the epochs that have written since: an older life writes again. */
export const fenceNotPersisted: Mutant = {
  name: 'fence_not_persisted',
  invariant: 'I6',
  seams: () => {
    const logs = new WeakMap<ServerLife, UnfencedLog>();
    return {
      store: (store, life) => {
        const log = new UnfencedLog(store.log);
        logs.set(life, log);
        return new ForwardingStore(store, { log });
      },
      serverEnd: (end, { life }) => ({
        ...end,
        text: (text) => {
          logs.get(life)?.asked(text);
          end.text(text);
        },
      }),
    };
  },
};

class UnfencedLog extends ForwardingLog {
  /** Stream and producer → the epoch that somebody asks for. */
  readonly #wishes = new Map<string, number>();
  /** Epochs that wrote in this life. */
  readonly #seen = new Set<string>();

  asked(text: string): void {
    const message = parseClientMessage(text);
    if (message.type !== 'produce') return;
    const { stream, producer, epoch } = message;
    if (epoch === undefined) this.#wishes.delete(`${stream} ${producer}`);
    else this.#wishes.set(`${stream} ${producer}`, epoch);
  }

  override async producer(stream: string, id: string): ReturnType<Log['producer']> {
    const known = await this.inner.producer(stream, id);
    const wish = this.#wishes.get(`${stream} ${id}`);
    if (known === undefined || wish === undefined || wish >= known.epoch || this.#hasSeen(stream, id, known.epoch)) {
      return known;
    }
    return await this.#lastOf(stream, id, wish);
  }

  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, batch } = request;
    const { id = '', epoch = 0 } = batch.producer ?? {};
    const outcome = await this.inner.append(request);
    if (outcome.kind === 'appended') this.#seen.add(`${stream} ${id} ${epoch}`);
    if (outcome.kind !== 'refused' || outcome.code !== 'staleEpoch') return outcome;
    const known = await this.inner.producer(stream, id);
    if (known === undefined || this.#hasSeen(stream, id, known.epoch)) return outcome;
    return await this.inner.append({ ...request, batch: unnumbered(batch) });
  }

  #hasSeen(stream: string, id: string, epoch: number): boolean {
    return this.#seen.has(`${stream} ${id} ${epoch}`);
  }

  /** How far an epoch had come, from the records themselves. */
  async #lastOf(stream: string, id: string, epoch: number): ReturnType<Log['producer']> {
    const info = await this.inner.info(stream);
    if (typeof info === 'string') return undefined;
    let last: { readonly epoch: number; readonly sequence: number } | undefined;
    for (let from = info.first; from < info.tail; ) {
      const read = await this.inner.read(stream, from, 1_000_000);
      if (read.kind !== 'segments' || read.segments.length === 0) break;
      for (const { base, count, bytes } of read.segments) {
        from = base + count;
        for (const { producer } of openBatches(bytes, crc32, storedLimits)) {
          if (producer?.id === id && producer.epoch === epoch) last = producer;
        }
      }
    }
    return last;
  }
}
