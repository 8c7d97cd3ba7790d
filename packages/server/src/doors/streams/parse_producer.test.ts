import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseProducer } from './parse_producer.ts';

const refused = { code: 'badRequest' };
/** The id that is read from a field. */
const of = (id: string) => parseProducer({ id, epoch: '0', sequence: '0' }, 8)?.id;
/** As Node gives header fields: one character per byte. */
const asField = (text: string) => Buffer.from(text).toString('latin1');

test('parseProducer reads all three fields or none (Durable Streams protocol, section 5.2.1)', () => {
  const fields = { id: 'p', epoch: '0', sequence: '9007199254740991' };
  assert.deepEqual(parseProducer(fields, 32), { id: 'p', epoch: 0, sequence: 9_007_199_254_740_991 });
  const none = { id: undefined, epoch: undefined, sequence: undefined };
  assert.equal(parseProducer(none, 32), undefined);
  for (const missing of ['id', 'epoch', 'sequence']) {
    assert.throws(() => parseProducer({ ...fields, [missing]: undefined }, 32), { ...refused, message: /together/ });
    assert.throws(() => parseProducer({ ...none, [missing]: '0' }, 32), { ...refused, message: /together/ });
  }
});

test('parseProducer refuses epochs and sequences that are no plain integers [H8]', () => {
  for (const bad of ['9007199254740992', '-1', '1e3', '0x1', ' 1', '1abc', '', '1, 1']) {
    assert.throws(() => parseProducer({ id: 'p', epoch: bad, sequence: '0' }, 32), {
      ...refused,
      message: /^Producer-Epoch/,
    });
    assert.throws(() => parseProducer({ id: 'p', epoch: '0', sequence: bad }, 32), {
      ...refused,
      message: /^Producer-Seq/,
    });
  }
});

test('parseProducer bounds the id by its bytes, and reads it as UTF-8', () => {
  assert.equal(of('12345678'), '12345678');
  assert.equal(of(asField('été漢')), 'été漢', 'the producer a session knows under this name');
  for (const bad of ['', '123456789', asField('漢漢漢'), '\xe9', '\xff', '\xed\xa0\x80']) {
    assert.throws(() => of(bad), refused, JSON.stringify(bad));
  }
});

test('parseProducer gives back any id that it takes, byte by byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const id = Buffer.from(bytes).toString('latin1');
      try {
        const position = parseProducer({ id, epoch: '1', sequence: '2' }, 8);
        assert.deepEqual(Buffer.from(position?.id ?? ''), Buffer.from(bytes));
        assert(bytes.length >= 1 && bytes.length <= 8);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'badRequest');
      }
    }),
    { numRuns: 1_000 },
  );
});
