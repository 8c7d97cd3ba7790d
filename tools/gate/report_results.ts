/**
 * A reporter for `node --test`: one JSON line per test, as {@linkcode TestResult}. Suites are no tests. Failures come
 * at the end, together with what their files printed: that arrives when it likes.
 */
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';
import type { TestResult } from './tally.ts';

/** Lines of a file's own output that are shown when one of its tests fails. */
const outputLinesMax = 40;

/** Shows that the run goes on. */
const alive = '\n';

export default async function* reportResults(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const outputs = new Map<string, string[]>();
  const failures: TestResult[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      const file = fromRoot(data.file);
      const lines = [...(outputs.get(file) ?? []), ...data.message.trimEnd().split('\n')];
      outputs.set(file, lines.slice(-outputLinesMax));
    } else if (type === 'test:complete') {
      // Results wait until the files before have ended.
      yield alive;
    } else if (type === 'test:interrupted') {
      const why = 'Interrupted: a test of this file hangs, or the file keeps something open';
      const interrupted = data.tests.map(({ name, file, line: number = 1 }): TestResult => {
        return { name, file: fromRoot(file), line: number, outcome: 'failed', why };
      });
      yield* told([...failures.splice(0), ...interrupted], outputs);
    } else if (type === 'test:pass' || type === 'test:fail') {
      if (data.details.type === 'suite') continue;
      const at = { name: data.name, file: fromRoot(data.file), line: data.line ?? 1 };
      const result = type === 'test:pass' ? passed(at, data.skip) : failed(at, data.details.error);
      if (result.outcome === 'failed') failures.push(result);
      yield result.outcome === 'failed' ? alive : line(result);
    }
  }
  yield* told(failures, outputs);
}

/** Failures, with what their files printed. */
function* told(failures: readonly TestResult[], outputs: ReadonlyMap<string, readonly string[]>): Generator<string> {
  for (const failure of failures) {
    const output = outputs.get(failure.file);
    const said = output === undefined ? [] : ['The last lines this file printed:', ...output];
    yield line({ ...failure, why: [failure.why, ...said].join('\n') });
  }
}

type Place = Pick<TestResult, 'name' | 'file' | 'line'>;

function passed(at: Place, skip: string | boolean | undefined): TestResult {
  if (skip !== undefined && skip !== false) return { ...at, outcome: 'skipped', why: String(skip) };
  // Node lets a file without any test pass under its own name.
  if (at.name === at.file) return { ...at, outcome: 'failed', why: 'The file holds no test' };
  return { ...at, outcome: 'passed', why: '' };
}

function failed(at: Place, error: Error): TestResult {
  return { ...at, outcome: 'failed', why: inspect(error.cause ?? error, { depth: 6, breakLength: 110 }) };
}

function line(result: TestResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** Node gives the path as absolute in some events, as it was given in others. */
function fromRoot(file: string | undefined): string {
  return relative(process.cwd(), resolve(file ?? ''));
}
