import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, type Segment, sealBatch } from '@packetboat/core';
import fc from 'fast-check';
import { parseEvents } from '../../testing/parse_events.ts';
import { encodeEvents } from './encode_events.ts';
import { encodePage } from './page.ts';

interface Model {
  readonly payload: string;
  readonly gap: boolean;
  readonly timeNs: bigint;
}

const payload = fc.constantFrom('1', '"two"', '[3]', '{"four":4}', 'null');
const record = fc.record({ payload, timeNs: fc.bigInt({ min: 0n, max: 9n }) });
const batch = fc.record({ gap: fc.boolean(), records: fc.array(record, { minLength: 1, maxLength: 4 }) });
/** Segments of batches of records. */
const stored = fc.array(fc.array(batch, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
type Stored = typeof stored extends fc.Arbitrary<infer Value> ? Value : never;

/** The segments, and what they hold record by record. */
function storeOf(segments: Stored): { segments: Segment[]; records: Model[] } {
  const records: Model[] = [];
  let checksum = 0;
  const made = segments.map((batches): Segment => {
    const [base, checksumBefore] = [records.length, checksum];
    const bytes = batches.map(({ gap, records: ofBatch }) => {
      for (const { payload: text, timeNs } of ofBatch) {
        records.push({ payload: text, gap, timeNs });
        checksum = crc32(Buffer.from(text), checksum);
      }
      const inputs = ofBatch.map((each) => ({ timeNs: each.timeNs, bytes: Buffer.from(each.payload) }));
      return sealBatch({ records: inputs, gap }, crc32);
    });
    const count = records.length - base;
    const known = { stream: 's', incarnation: 'i', base, count, checksumBefore, checksumAfter: checksum, close: false };
    return { ...known, bytes: Buffer.concat(bytes) };
  });
  return { segments: made, records };
}

const checksumOf = (records: readonly Model[]) => crc32(Buffer.from(records.map(({ payload: text }) => text).join('')));
const segmentsFrom = (segments: readonly Segment[], from: number) =>
  segments.filter(({ base, count }) => base + count > from);

test('encodePage holds the records from any offset on, marks all gaps, and ends on their checksum [P5] [P6]', () => {
  fc.assert(
    fc.property(stored, fc.nat(), fc.boolean(), (input, seed, json) => {
      const { segments, records } = storeOf(input);
      const from = seed % records.length;
      const page = encodePage(segmentsFrom(segments, from), from, crc32, { json });
      const wanted = records.slice(from);
      const text = Buffer.from(page.bytes).toString();
      const joined = wanted.map((each) => each.payload).join(json ? ',' : '');
      assert.equal(text, json ? `[${joined}]` : joined);
      assert.deepEqual([page.base, page.end, page.checksum], [from, records.length, checksumOf(records)]);
      const marked = page.gaps.map(({ at, bytes }) => text.slice(at, at + bytes)).join(',');
      const gaps = wanted.filter(({ gap }) => gap).map((each) => each.payload);
      assert.equal(marked.replaceAll(',', ''), gaps.join(''));
      const runs = wanted.filter(({ gap }, index) => gap && wanted[index - 1]?.gap !== true);
      assert.equal(page.gaps.length, runs.length);
    }),
  );
});

test('encodePage by time holds the records of that time only, and marks gaps among them [P6]', () => {
  fc.assert(
    fc.property(stored, fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 9n }), (input, fromNs, toNs) => {
      const { segments, records } = storeOf(input);
      const page = encodePage(segments, 0, crc32, { json: true, range: { fromNs, toNs } });
      const wanted = records.filter(({ timeNs }) => timeNs >= fromNs && timeNs < toNs);
      const text = Buffer.from(page.bytes).toString();
      assert.equal(text, `[${wanted.map((each) => each.payload).join(',')}]`);
      assert.equal(page.end, records.length);
      const marked = page.gaps.map(({ at, bytes }) => text.slice(at, at + bytes)).join('');
      const gaps = wanted.filter(({ gap }) => gap).map((each) => each.payload);
      assert.equal(marked.replaceAll(',', ''), gaps.join(''));
    }),
  );
});

test('encodeEvents holds the same records, gaps apart, in pieces that follow each other [P5] [P6]', () => {
  const types = fc.constantFrom('application/json', 'text/plain', 'image/png');
  fc.assert(
    fc.property(stored, fc.nat(), types, (input, seed, contentType) => {
      const { segments, records } = storeOf(input);
      const from = seed % records.length;
      const pieces = encodeEvents(segmentsFrom(segments, from), from, crc32, contentType);
      let at = from;
      for (const { base, end, bytes, checksum, gaps } of pieces) {
        assert.equal(base, at);
        at = end;
        const wanted = records.slice(base, end);
        const [event, ...more] = parseEvents(bytes);
        assert.equal(more.length, 0);
        const data = event?.data ?? '';
        const text = contentType === 'image/png' ? Buffer.from(data, 'base64').toString() : data;
        const isJson = contentType === 'application/json';
        const joined = wanted.map((each) => each.payload).join(isJson ? ',' : '');
        assert.equal(text, isJson ? `[${joined}]` : joined);
        assert.equal(checksum, checksumOf(records.slice(0, end)));
        assert(wanted.every(({ gap }) => gap === gaps.length > 0));
      }
      assert.equal(at, records.length);
      const kinds = pieces.map(({ gaps }) => gaps.length > 0);
      assert(kinds.every((kind, index) => kind !== kinds[index - 1]));
    }),
  );
});
