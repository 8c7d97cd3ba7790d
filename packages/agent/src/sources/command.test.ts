import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { type CommandSourceOptions, commandSource } from './command.ts';

/** Runs the source for `count` ticks. */
async function run(options: CommandSourceOptions, count = 1) {
  const problems: string[] = [];
  const chunks: string[][] = [];
  const context = {
    world: nodeWorld,
    name: 'paul',
    mark: undefined,
    signal: new AbortController().signal,
    async *ticks() {
      for (let index = 0; index < count; index++) yield index;
    },
    problem: (message: string) => problems.push(message),
  };
  for await (const { entries } of commandSource(options).read(context)) {
    chunks.push(entries.map((entry) => (entry.kind === 'values' ? entry.text : entry.kind)));
  }
  return { chunks, problems };
}

const node = (script: string): readonly string[] => [process.execPath, '-e', script];

test('commandSource gives each line a command prints as values, verbatim', async () => {
  const { chunks, problems } = await run({ command: ['printf', '4.0 64.10\n\n 2.0\\t1\n'] }, 2);
  assert.deepEqual(chunks, [
    ['4.0 64.10', '2.0 1'],
    ['4.0 64.10', '2.0 1'],
  ]);
  assert.deepEqual(problems, []);
});

test('commandSource tells a failure with the command’s own words, and goes on', async () => {
  const { chunks, problems } = await run({ command: ['sh', '-c', 'echo 1; echo no sensor >&2; exit 3'] }, 2);
  assert.deepEqual(chunks, []);
  assert.deepEqual(problems, Array(2).fill('The command sh gave no values: it exited with 3: no sensor'));
});

test('commandSource survives a command that is not there, one that prints nothing, and one that ends by a signal', async () => {
  assert.match((await run({ command: ['/no/such/command'] })).problems.join(), /could not start/);
  assert.match((await run({ command: ['true'] })).problems.join(), /printed nothing/);
  assert.match((await run({ command: ['sh', '-c', 'kill -9 $$'] })).problems.join(), /ended by SIGKILL/);
});

test('commandSource ends a command that takes too long, and all that it started', async () => {
  const { chunks, problems } = await run({ command: ['sh', '-c', 'echo 1; sleep 1000'], timeoutMs: 50 });
  assert.deepEqual(chunks, []);
  assert.match(problems.join(), /took over 50 ms/);
});

test('commandSource ends a command that prints too much', async () => {
  const { chunks, problems } = await run({
    command: node("for (;;) process.stdout.write('1\\n')"),
    outputBytesMax: 100,
  });
  assert.deepEqual(chunks, []);
  assert.match(problems.join(), /output is over 100 bytes/);
});
