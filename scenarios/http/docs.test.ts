/** Runs what docs/http.md tells to type, and compares what it shows. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { defaultLimits } from '@packetboat/core';
import { serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

const page = new URL('../../docs/http.md', import.meta.url);
const started = /^\$ npx packetboat serve(.*)$/m;
const curl = await promisify(execFile)('curl', ['--version']).then(
  ({ stdout }) => /^curl (\d+)\.(\d+)/.exec(stdout),
  () => null,
);
// `%header{}` came with 7.84.
const skip = curl === null || Number(curl[1]) * 100 + Number(curl[2]) < 784 ? 'needs curl 7.84 or newer' : false;

/** A block to run, and the lines that it must print, in this order. */
interface Example {
  readonly script: string;
  readonly shown: readonly string[];
}

function examplesOf(text: string): Example[] {
  const examples: { script: string; shown: string[] }[] = [];
  for (const [, kind, content = ''] of text.matchAll(/^```(sh|text)\n(.*?)^```$/gms)) {
    if (kind === 'sh') examples.push({ script: content, shown: [] });
    else examples.at(-1)?.shown.push(...content.split('\n').filter((line) => line !== ''));
  }
  return examples;
}

const grouped = (count: number) => count.toLocaleString('en-US');
const kibibytes = (bytes: number) => `${bytes / 1_024} KiB`;
const seconds = (milliseconds: number) => `${milliseconds / 1_000} s`;

/** `…` stands for anything. */
function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}

test('docs/http.md: every block runs as it is told, and prints what is shown', { skip }, async () => {
  await using folder = await tempFolder();
  const text = await readFile(page, 'utf8');
  const options = started.exec(text)?.[1]?.trim().split(' ') ?? [];
  const server = await serve(join(folder.path, 'data'), options);
  try {
    const { host } = new URL(server.url);
    const examples = examplesOf(text.replaceAll('127.0.0.1:8000', host));
    const mark = '-- end of block --';
    const script = examples.map((example) => `${example.script}\necho; echo '${mark}'`).join('\n');
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    // One shell for all: what one block sets, the next one uses.
    const { stdout, stderr } = await promisify(execFile)('bash', ['-u', '-c', script], { cwd: folder.path, env });
    assert.equal(stderr, '');
    const printed = stdout.split(`${mark}\n`);
    assert.equal(printed.length, examples.length + 1);
    for (const [index, { script: block, shown }] of examples.entries()) {
      const lines = (printed[index] ?? '').split('\n').map((line) => line.trimEnd());
      let at = 0;
      for (const line of shown) {
        const found = lines.findIndex((each, place) => place >= at && patternOf(line).test(each));
        assert.notEqual(
          found,
          -1,
          `${block}\nprinted\n${lines.join('\n')}\nwithout, or not behind the others:\n${line}`,
        );
        at = found + 1;
      }
    }
  } finally {
    await server.end();
  }
});

test('docs/http.md: its limits are those that hold', async () => {
  const text = await readFile(page, 'utf8');
  const limits = defaultLimits;
  for (const row of [
    `| body of a request | ${grouped(limits.bodyBytesMax)} bytes | 413 |`,
    `| element of a JSON body | ${grouped(limits.recordBytesMax)} bytes | 413 |`,
    `| elements of a JSON body, with 12 bytes of framing each | ${grouped(limits.batchBytesMax)} bytes | 413 |`,
    `| elements of a JSON body | ${grouped(limits.batchRecordsMax)} | 413 |`,
    `records of at most ${grouped(limits.recordBytesMax)} bytes`,
    `| request line and header fields | ${kibibytes(limits.headerBytesMax)}, ${limits.headersMax} fields | 431 |`,
    `| request target | ${kibibytes(limits.urlBytesMax)} | 414 |`,
    `| time for the header | ${seconds(limits.headersTimeoutMs)} | 408 |`,
    `| time for the whole request | ${seconds(limits.requestTimeoutMs)} | 408 |`,
    `| idle connection | ${seconds(limits.keepAliveMs)} | closed |`,
    `| connections | ${grouped(limits.connectionsMax)} | 503 |`,
    `| live readers, of one address | ${grouped(limits.liveReadersMax)}, ${grouped(limits.liveReadersPerClientMax)} | 429 |`,
    `| appends of one address in ${seconds(limits.rateWindowMs)} | ${grouped(limits.appendsPerWindowMax)} | 429 |`,
    `| calls of the API, of one address in ${seconds(limits.rateWindowMs)} | ${grouped(limits.apiRequestsPerWindowMax)} | 429 |`,
    `| long-poll | ${seconds(limits.longPollMs)} | 204 |`,
    `| event stream | ${seconds(limits.sseMs)} | ends |`,
    `| a reader that takes nothing | ${seconds(limits.slowReaderMs)} | closed |`,
    `| bytes of a stream's name, of a producer's id | ${limits.streamNameBytesMax}, ${limits.producerIdBytesMax} | 400 |`,
    `| characters of \`Stream-Seq\`, \`Idempotency-Key\`, a content type | ${limits.keyCharactersMax} | 400 |`,
    `| depth of JSON | ${limits.jsonDepthMax} | 400 |`,
  ]) {
    assert.ok(text.includes(row), row);
  }
});
