import type { AppendOutcome, AppendRequest, LogListener, Segment } from '@packetboat/core';
import { crc32 } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** Readers are sent what is about to be stored. */
export const uncommittedTailRead: Mutant = {
  name: 'uncommitted_tail_read',
  invariant: 'I4',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new RashLog(store.log) }) }),
};

class RashLog extends ForwardingLog {
  #listener: LogListener | undefined;
  /** The end of each stream as its listeners know it. */
  readonly #ends = new Map<string, Segment>();
  readonly #told = new Set<string>();

  override listen(listener: LogListener): void {
    this.#listener = listener;
    this.inner.listen({
      ...bound(listener),
      segment: (segment) => {
        const id = `${segment.stream} ${segment.base} ${segment.count}`;
        if (!this.#told.delete(id)) listener.segment(segment);
        this.#ends.set(segment.stream, segment);
      },
    });
  }

  override append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, batch } = request;
    const end = this.#ends.get(stream);
    const isNew = (batch.producer?.sequence ?? 0) > 0;
    if (end !== undefined && isNew && this.#told.size === 0) {
      const base = end.base + end.count;
      const { incarnation, checksumAfter: checksumBefore } = end;
      const checksumAfter = crc32(batch.payload, checksumBefore);
      const { count, bytes, close } = batch;
      this.#told.add(`${stream} ${base} ${count}`);
      const segment = { stream, incarnation, base, count, checksumBefore, checksumAfter, bytes, close };
      this.#listener?.segment(segment);
    }
    return this.inner.append(request);
  }
}

function bound(listener: LogListener): LogListener {
  return {
    segment: (segment) => listener.segment(segment),
    trimmed: (info) => listener.trimmed(info),
    deleted: (stream, incarnation) => listener.deleted(stream, incarnation),
  };
}
