import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gateEnvironment } from './run_command.ts';
import type { TestResult } from './tally.ts';

/** Results of a file with this text under `node --test` with our reporter. */
function resultsOf(text: string): TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-gate-'));
  try {
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a/some.test.ts'), text);
    const reporter = new URL('report_results.ts', import.meta.url).href;
    const args = ['--test', '--test-timeout=1000', `--test-reporter=${reporter}`, 'a/some.test.ts'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, env: gateEnvironment(), encoding: 'utf8' });
    return stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TestResult);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const header = "import { describe, it, test } from 'node:test';\n";

test('reportResults tells passed, failed and skipped tests apart, and counts no suite', () => {
  const results = resultsOf(
    `${header}describe('s', () => { it('one', () => {}); it('two', { skip: 'no root' }, () => {}); });
     test('three', () => { console.error('said'); throw new Error('boom'); });`,
  );
  assert.deepEqual(
    results.map(({ name, outcome }) => [name, outcome]),
    [
      ['one', 'passed'],
      ['two', 'skipped'],
      ['three', 'failed'],
    ],
  );
  assert.equal(results[1]?.why, 'no root');
  assert.match(results[2]?.why ?? '', /boom/);
  assert.match(results[2]?.why ?? '', /said/);
  assert.equal(results[2]?.file, 'a/some.test.ts');
});

for (const [what, text] of [
  ['a file that crashes', 'process.exit(3);'],
  ['a file that does not parse', 'const x: = 1;'],
  ['a file without tests', 'export {};'],
  ['a test that hangs', `${header}test('hangs', () => new Promise(() => {}));`],
] as const) {
  test(`reportResults counts as failed: ${what}`, () => {
    assert.deepEqual(
      resultsOf(text).map((result) => result.outcome),
      ['failed'],
    );
  });
}

test('reportResults, interrupted, names the file that keeps something open, and tells what failed before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-gate-'));
  try {
    const file = join(folder, 'open.test.ts');
    writeFileSync(file, `${header}test('fails', () => { setInterval(() => {}, 1000); throw new Error('boom'); });`);
    const reporter = new URL('report_results.ts', import.meta.url).href;
    const child = spawn(process.execPath, ['--test', `--test-reporter=${reporter}`, file], {
      cwd: folder,
      env: gateEnvironment(),
    });
    let printed = '';
    child.stdout.on('data', (data: Buffer) => {
      printed += data.toString();
      // The test is complete, and it has failed.
      if (printed === '\n\n') child.kill('SIGINT');
    });
    await once(child, 'close');
    const lines = printed.split('\n').filter((line) => line !== '');
    const results = lines.map((line) => JSON.parse(line) as TestResult);
    assert.deepEqual(
      results.map(({ file: name, outcome }) => [name, outcome]),
      [
        ['open.test.ts', 'failed'],
        ['open.test.ts', 'failed'],
      ],
    );
    assert.match(results[0]?.why ?? '', /boom/);
    assert.match(results[1]?.why ?? '', /keeps something open/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
