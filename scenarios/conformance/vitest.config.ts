import { defineConfig } from 'vitest/config';

/** Vitest runs the published suite and nothing else; all other tests are `node --test`'s. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['*.spec.ts'],
    // Both stores at a time: most cases wait.
    maxWorkers: 2,
    cache: false,
    // Two cases wait for the end of a long-poll, which takes 20 s unless configured.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
