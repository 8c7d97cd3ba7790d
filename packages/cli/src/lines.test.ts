import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLines } from './lines.ts';

async function collect(chunks: readonly Uint8Array[], lineBytesMax = 1_000): Promise<string[]> {
  const lines: string[] = [];
  async function* input(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  for await (const line of readLines(input(), lineBytesMax)) lines.push(Buffer.from(line).toString('latin1'));
  return lines;
}

test('readLines takes LF and CRLF, keeps blank lines, and needs no last newline [T7]', async () => {
  assert.deepEqual(await collect([Buffer.from('a\r\n\nb\rc\nlast')]), ['a', '', 'b\rc', 'last']);
  assert.deepEqual(await collect([Buffer.from('a\n')]), ['a']);
  assert.deepEqual(await collect([]), []);
});

test('readLines does not depend on where chunks are split', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\n', '\r\n', '\r', 'é'), { maxLength: 30 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), async (whole, sizes) => {
      const bytes = Buffer.from(whole);
      const chunks: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(await collect(chunks), await collect([bytes]));
    }),
  );
});

test('readLines refuses a line over the limit by its number, without holding all of it', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('short\n');
    for (;;) {
      given += 1;
      yield Buffer.alloc(100, 'x');
    }
  }
  const lines: string[] = [];
  await assert.rejects(
    async () => {
      for await (const line of readLines(endless(), 1_000)) lines.push(String(line));
    },
    { code: 'tooLarge', message: 'Line 2 is longer than 1000 bytes' },
  );
  assert.deepEqual([lines, given], [['short'], 11]);
});

test('readLines takes a line of exactly the limit, also before CRLF', async () => {
  assert.deepEqual(await collect([Buffer.from('1234\r\n5678\n')], 4), ['1234', '5678']);
  await assert.rejects(collect([Buffer.from('12345')], 4), { code: 'tooLarge' });
});
