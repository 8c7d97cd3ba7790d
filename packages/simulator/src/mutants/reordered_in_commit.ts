import { type AppendOutcome, type AppendRequest, batchRecords } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { reseal } from './reseal.ts';

/** Two batches of a producer that go into one commit change places. */
export const reorderedInCommit: Mutant = {
  name: 'reordered_in_commit',
  invariant: 'I3',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new ShufflingLog(store.log) }) }),
};

interface Waiting {
  request: AppendRequest;
  readonly settled: PromiseWithResolvers<AppendOutcome>;
}

class ShufflingLog extends ForwardingLog {
  /** What came while an append was on its way: it goes into the next commit. */
  #waiting: Waiting[] = [];
  #inFlight = 0;

  override append(request: AppendRequest): Promise<AppendOutcome> {
    const settled = Promise.withResolvers<AppendOutcome>();
    this.#waiting.push({ request, settled });
    if (this.#inFlight === 0) this.#send();
    return settled.promise;
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [index, later] of waiting.entries()) {
      const earlier = waiting[index - 1];
      if (earlier !== undefined && isNext(earlier.request, later.request)) swap(earlier, later);
    }
    for (const { request, settled } of waiting) {
      this.#inFlight += 1;
      // Such a store looks at no batch before.
      const answered = this.inner.append({ ...request, afterCrc: undefined }).finally(() => {
        this.#inFlight -= 1;
        if (this.#inFlight === 0) this.#send();
      });
      answered.then(settled.resolve, settled.reject);
    }
  }
}

function isNext({ stream, batch }: AppendRequest, next: AppendRequest): boolean {
  const [first, second] = [batch.producer, next.batch.producer];
  return stream === next.stream && first !== undefined && first.id === second?.id;
}

function swap(earlier: Waiting, later: Waiting): void {
  const [first, second] = [earlier.request.batch, later.request.batch];
  earlier.request = { ...earlier.request, batch: reseal(first, batchRecords(second), first.producer) };
  later.request = { ...later.request, batch: reseal(second, batchRecords(first), second.producer) };
}
