import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RunResult } from './run_plan.ts';
import type { SeedQuestion } from './run_seeds_worker.ts';

/** Options of {@linkcode runSeeds}. */
export interface RunSeedsOptions {
  /** Name of a deliberate bug. @default none */
  readonly mutant?: string;
  /** Threads. @default one for each core */
  readonly threads?: number;
}

/**
 * Runs seeds on all cores, and gives the results as they come.
 *
 * @param seeds Asked for one when a thread is free; they are run to the end, or until nobody wants more results.
 */
export async function* runSeeds(seeds: Iterable<number>, options: RunSeedsOptions = {}): AsyncGenerator<RunResult> {
  const { mutant, threads = availableParallelism() } = options;
  const source = seeds[Symbol.iterator]();
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL('run_seeds_worker.ts', import.meta.url), { execArgv: [] });
  });
  const results: RunResult[] = [];
  const running = new Set<Worker>();
  let news = Promise.withResolvers<void>();
  const ask = (worker: Worker): void => {
    const next = source.next();
    if (next.done === true) return;
    running.add(worker);
    worker.postMessage({ seed: next.value, mutant } satisfies SeedQuestion, []);
  };
  try {
    for (const worker of workers) {
      worker.on('message', (result: RunResult) => {
        running.delete(worker);
        results.push(result);
        ask(worker);
        news.resolve();
      });
      worker.on('error', (error) => news.reject(error));
      ask(worker);
    }
    while (running.size > 0 || results.length > 0) {
      if (results.length === 0) await news.promise;
      news = Promise.withResolvers();
      yield* results.splice(0);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
