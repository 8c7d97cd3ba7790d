/** The line door as the simplest device uses it: with curl. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, readdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Harbour, linesOf, missing } from './harbour.ts';

const skip = await missing('curl', '--version');

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function curl(...args: string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '--max-time', '30', '-w', '\n%{http_code}', ...args]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
}

const line = 'paul 4.0 64.1 1612091235112730000';
const ack = { status: 200, body: 'ACK 1612091235112730000' };

test('line door: curl -d of single lines: an ACK with the line’s own time, a stream for each sensor with exactly the lines received, stored once also across a kill of the server [S0.12] [S0.18] [S0.19] [S0.20] [S0.23] [S0.24] [C0.1] [P1] [P2]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const before = await harbour.serve();
  const { url } = before;
  assert.deepEqual(await curl('-d', line, url), ack);
  assert.deepEqual(await curl('-d', line, url), ack);
  const late = 'paul 2.0 64.1 1612091235112729999';
  assert.deepEqual(await curl('-d', late, url), { status: 200, body: 'ACK 1612091235112729999' });
  const five = 'anna 1.5 70.0 1612091235.1127 1612091235112730000';
  assert.deepEqual(await curl('-d', five, url), ack);
  await before.end('SIGKILL');

  await harbour.serve(['--port', new URL(url).port]);
  assert.deepEqual(await curl('-d', line, url), ack);
  const sameTime = 'paul 4.1 64.1 1612091235112730000';
  assert.deepEqual(await curl('-d', sameTime, url), ack);
  assert.deepEqual(
    await harbour.read(url, 'sensors/paul'),
    [line, late, sameTime].map((text) => `${text}\n`),
  );
  assert.deepEqual(await harbour.read(url, 'sensors/anna'), [`${five}\n`]);
});

test('line door: bad requests of every kind between good ones: 4xx, never an ACK for what is not stored, the server lives [A0.9] [S0.8] [S0.22] [S0.24] [C0.4] [P7]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const { url } = await harbour.serve();
  const binary = harbour.path('binary');
  await writeFile(binary, Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256)));
  const large = harbour.path('large');
  await using file = await open(large, 'w');
  await file.truncate(100_000_000);
  const bad: [expected: number, ...args: string[]][] = [
    [400, '-d', ''],
    [422, '-d', '\n'],
    [422, '-d', line.slice(0, -3)],
    [422, '-d', 'paul 1612091235112730000'],
    [422, '-d', `../../etc/x 1 1612091235112730000`],
    [422, '-d', `a/../b 1 1612091235112730000`],
    [422, '--data-binary', `@${binary}`],
    [400, '-d', line, '-H', 'Content-Length: 5x'],
    [400, '-d', line, '-H', 'Transfer-Encoding: chunked', '-H', 'Content-Length: 5'],
    [413, '--data-binary', `@${large}`],
    [413, '--data-binary', `@${large}`, '-H', 'Expect:'],
    [413, '--data-binary', `@${large}`, '-H', 'Transfer-Encoding: chunked'],
    [415, '-d', line, '-H', 'Content-Encoding: gzip'],
  ];
  for (const [index, [expected, ...args]] of bad.entries()) {
    const answer = await curl(...args, url);
    assert.equal(answer.status, expected, `${args.join(' ')}: ${answer.body}`);
    assert.doesNotMatch(answer.body, /ACK/);
    const good = `paul ${index} 64.1 ${1_612_091_235_112_730_000n + BigInt(index)}`;
    assert.equal((await curl('-d', good, url)).status, 200);
  }
  const client = await harbour.client(url);
  const streams = (await client.streams.list()).map(({ stream, tail }) => [stream, tail]);
  assert.deepEqual(streams, [['sensors/paul', bad.length]]);
  assert.deepEqual((await readdir(harbour.folder)).toSorted(), ['binary', 'data', 'large']);
});

test('line door: 1,000 requests in a row on one connection, and four devices at once: each line is stored once, in its device’s order [S0.28] [S0.23] [P3]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const { url } = await harbour.serve();
  const devices = ['paul', 'anna', 'finn', 'Paul'];
  const connects = await Promise.all(
    devices.map(async (name) => {
      const count = name === 'paul' ? 1_000 : 50;
      const requests = linesOf(name, count).map((text) =>
        [`url = "${url}"`, `data = "${text.trimEnd()}"`, 'write-out = "\\n%{http_code} %{num_connects}\\n"'].join('\n'),
      );
      const config = harbour.path(`${name}-${count}.curl`);
      await writeFile(config, requests.join('\nnext\n'));
      const { stdout } = await promisify(execFile)('curl', ['-sS', '-K', config], { maxBuffer: 10_000_000 });
      const answers = stdout.match(/ACK \d{19}\n200 \d/g) ?? [];
      assert.equal(answers.length, count, stdout.slice(0, 1_000));
      return answers.reduce((sum, answer) => sum + Number(answer.at(-1)), 0);
    }),
  );
  assert.deepEqual(connects, [1, 1, 1, 1]);
  for (const name of devices) {
    const count = name === 'paul' ? 1_000 : 50;
    assert.deepEqual(await harbour.read(url, `sensors/${name}`), linesOf(name, count));
  }
});
