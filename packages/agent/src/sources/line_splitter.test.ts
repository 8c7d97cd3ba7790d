import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter, splitLines } from './line_splitter.ts';

function split(chunks: readonly Uint8Array[], lineBytesMax: number) {
  const splitter = new LineSplitter(lineBytesMax);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return [...lines, ...splitter.end()].map(({ bytes, tooLong }) => ({
    text: Buffer.from(bytes).toString('latin1'),
    tooLong,
  }));
}

const bytes = fc
  .array(fc.constantFrom('a', 'b', '\r', '\n', '\n', 'é'), { maxLength: 60 })
  .map((characters) => Buffer.from(characters.join(''), 'latin1'));

test('LineSplitter gives the same lines however the bytes arrive', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60)), (whole, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((place, index) => whole.subarray(places[index], place));
      const expected = whole
        .toString('latin1')
        .split('\n')
        .filter((text) => text !== '');
      assert.deepEqual(
        split(chunks, 1_000).map(({ text }) => text),
        expected,
      );
      assert.deepEqual(
        [...splitLines(whole)].map((line) => Buffer.from(line).toString('latin1')),
        expected,
      );
    }),
  );
});

test('LineSplitter gives a line that is too long as marked pieces and loses no byte of it', () => {
  assert.deepEqual(split([Buffer.from('abcd\nabcdefghij\nab')], 4), [
    { text: 'abcd', tooLong: false },
    { text: 'abcd', tooLong: true },
    { text: 'efgh', tooLong: true },
    { text: 'ij', tooLong: true },
    { text: 'ab', tooLong: false },
  ]);
});

test('LineSplitter holds no more than one line, however much arrives without a newline', () => {
  const splitter = new LineSplitter(8);
  for (let index = 0; index < 100; index++) {
    for (const { bytes: piece, tooLong } of splitter.push(Buffer.alloc(50, 'x'))) {
      assert.ok(tooLong);
      assert.ok(piece.length <= 8);
    }
  }
});

test('LineSplitter does not keep the chunk it was given', () => {
  const splitter = new LineSplitter(100);
  const chunk = Buffer.from('abc');
  assert.deepEqual([...splitter.push(chunk)], []);
  chunk.fill('x');
  assert.equal(Buffer.from([...splitter.end()][0]?.bytes ?? []).toString(), 'abc');
});
