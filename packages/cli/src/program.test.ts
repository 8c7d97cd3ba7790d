import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../package.json' with { type: 'json' };
import { commandTable } from './command_table.ts';
import { buildProgram, everyCommand, runProgram } from './program.ts';
import { testContext } from './testing/test_context.ts';

async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const context = testContext();
  const code = await runProgram(words, context);
  return { code, ...context.said };
}

test('runProgram shows the version and help on stdout with code 0', async () => {
  assert.deepEqual(await run('--version'), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  for (const words of [['--help'], ['-h'], ['help'], ['pub', '--help'], ['help', 'pub'], ['streams', 'verify', '-h']]) {
    const { code, stdout, stderr } = await run(...words);
    assert.deepEqual([code, stderr], [0, ''], words.join(' '));
    assert.match(stdout, /^Usage: packetboat/);
  }
});

test('runProgram answers a wrong call with one line and code 2 [S0.2]', async () => {
  const calls: [words: string[], said: RegExp][] = [
    [['shp'], /^packetboat: Unknown command 'shp'.*ship/],
    [['ship'], /^packetboat: Missing required argument 'name'\. Usage: packetboat ship \[options\] <name>\n$/],
    [['ship', 'a', 'b'], /^packetboat: Too many arguments.*Usage: packetboat ship \[options\] <name>\n$/],
    [['ship', 'a', '--spol', 'x'], /^packetboat: Unknown option '--spol'.*--spool/],
    [['serve', '--port', '99999'], /^packetboat: Option '--port <port>' argument '99999' is invalid\. A port is/],
    [['serve', 'x'], /^packetboat: Too many arguments/],
    [['tail', 'a//b'], /^packetboat: .*a part of it is empty/],
    [['tail', 'a', '--raw', '--json'], /^packetboat: Give either --raw or --json/],
    [['tail', 'a', '--from', 'cursor'], /^packetboat: Name the cursor/],
    [['pub', 'a', 'x', '--file', 'y'], /^packetboat: Give either records or --file/],
    [['streams', 'delete', 'a'], /^packetboat: This deletes.*--yes/],
    [['streams', 'verify', 'a', '--name', 'b'], /^packetboat: Say with --spool/],
    [['sensor', 'a', '--when-full', 'explode'], /^packetboat: Option '--when-full <policy>'.*block, degrade, gap/],
  ];
  for (const [words, said] of calls) {
    const { code, stdout, stderr } = await run(...words);
    assert.deepEqual([code, stdout], [2, ''], words.join(' '));
    assert.match(stderr, said);
    assert.equal(stderr.split('\n').length, 2, stderr);
  }
});

test('runProgram answers an argument of 100 KB with one short line and code 2 [H38]', async () => {
  const long = 'x'.repeat(100_000);
  for (const words of [[long], ['tail', long], ['ship', 'a', `--${long}`], ['serve', '--port', long]]) {
    const { code, stderr } = await run(...words);
    assert.equal(code, 2);
    assert.ok(stderr.length < 800 && stderr.indexOf('\n') === stderr.length - 1, stderr.slice(0, 900));
  }
});

test('runProgram shows help with code 2 when no command is said', async () => {
  for (const words of [[], ['streams'], ['cursors']]) {
    const { code, stdout, stderr } = await run(...words);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Usage: packetboat/);
  }
});

test('buildProgram gives every command help, examples and the common options', async () => {
  const program = await buildProgram(testContext());
  const names = program.commands.map((command) => command.name());
  for (const { name } of commandTable) assert.ok(names.includes(name), name);
  for (const command of everyCommand(program)) {
    assert.notEqual(command.description(), '', command.name());
    if (command.commands.length > 0 || ['complete', 'completion'].includes(command.name())) continue;
    const options = command.options.map(({ long }) => long);
    for (const common of ['--config', '--quiet', '--verbose', '--no-color']) {
      assert.ok(options.includes(common), `${command.name()} ${common}`);
    }
  }
});

test('runProgram completes commands, options and values', async (t) => {
  const lines: string[] = [];
  t.mock.method(console, 'log', (line: string) => lines.push(line));
  await run('complete', '--', 'streams', 'ver');
  await run('complete', '--', 'serve', '--log-l');
  assert.match(lines.join('\n'), /^verify\t/m);
  assert.match(lines.join('\n'), /^--log-level\t/m);
});
