import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RunResult } from './run_plan.ts';
import type { SeedQuestion } from './run_seeds_worker.ts';

/** What was asked, and how that run ended. */
export interface SeedResult extends RunResult, SeedQuestion {}

/**
 * Runs seeds on all cores, and gives the results as they come.
 *
 * @param seeds Asked for one when a thread is free; they are run to the end, or until nobody wants more results.
 * @param threads How many run at a time. @default one for each core
 */
export async function* runSeeds(
  seeds: Iterable<SeedQuestion>,
  threads: number = availableParallelism(),
): AsyncGenerator<SeedResult> {
  const source = seeds[Symbol.iterator]();
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL('run_seeds_worker.ts', import.meta.url), { execArgv: [] });
  });
  const results: SeedResult[] = [];
  const running = new Set<Worker>();
  let news = Promise.withResolvers<void>();
  const ask = (worker: Worker): void => {
    const next = source.next();
    if (next.done === true) return;
    running.add(worker);
    worker.postMessage(next.value, []);
  };
  try {
    for (const worker of workers) {
      worker.on('message', (result: SeedResult) => {
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
