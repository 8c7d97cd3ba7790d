import { keptPromises } from '../promises/kept_promises.ts';
import { SourceTree } from '../source/source_tree.ts';
import { root, runCommand } from './run_command.ts';
import { runConformance } from './run_conformance.ts';
import { runTests } from './run_tests.ts';
import type { Tally } from './tally.ts';

/** One step of the gate. */
export interface Step {
  readonly name: string;
  readonly about: string;
  /** Says whether it succeeded; tests are counted in the tally. */
  readonly run: (tally: Tally) => Promise<boolean>;
}

/** A test that takes longer than this hangs. */
const unitTimeoutMs = 30_000;
const scenarioTimeoutMs = 180_000;

/** All steps, the quick ones first. A new kind of check is one more entry. */
export const steps: readonly Step[] = [
  {
    name: 'types',
    about: 'the types hold, also without Node for what runs in browsers',
    run: async () =>
      (await runCommand('tsc', ['-p', '.'])) && (await runCommand('tsc', ['-p', 'tsconfig.browser.json'])),
  },
  { name: 'lint', about: 'no suspicious code', run: () => runCommand('oxlint', ['--type-aware']) },
  { name: 'format', about: 'one format (npm run format)', run: () => runCommand('biome', ['format', '.']) },
  {
    name: 'tidy',
    about: 'arrows, sizes, ports, words, names, manifests',
    run: () => runCommand(process.execPath, ['tools/tidy/main.ts']),
  },
  {
    name: 'promises',
    about: 'docs/promises.md is up to date and every row has its tests or its plan',
    run: () => runCommand(process.execPath, ['tools/promises/main.ts', '--check']),
  },
  {
    name: 'unit',
    about: 'every package by itself, and the tools',
    run: (tally) =>
      runTests(
        { files: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'], concurrency: 2, timeoutMs: unitTimeoutMs },
        tally,
      ),
  },
  {
    name: 'scenarios',
    about: 'real processes, sockets, disks and faults',
    run: (tally) =>
      runTests({ files: ['scenarios/**/*.test.ts'], concurrency: 2, timeoutMs: scenarioTimeoutMs }, tally),
  },
  {
    name: 'conformance',
    about: 'the published suite of the Durable Streams protocol passes on every store',
    run: runConformance,
  },
  {
    name: 'examples',
    about: 'the examples run',
    run: (tally) => runTests({ files: ['examples/**/*.test.ts'], concurrency: 1, timeoutMs: scenarioTimeoutMs }, tally),
  },
  {
    name: 'kept',
    about: 'every promise was held by a test that passed just now',
    run: async (tally) => keptPromises(SourceTree.read(root), tally, process.env['CI'] !== undefined),
  },
];
