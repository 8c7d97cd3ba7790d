import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonElements } from './json_elements.ts';
import { testLimits } from './testing/test_limits.ts';

const limits = testLimits();
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const split = (text: string) => jsonElements(encoder.encode(text), limits).map((bytes) => strict.decode(bytes));

const inString = (...bytes: number[]) => Uint8Array.of(0x22, ...bytes, 0x22);

/** What JSON.parse makes of bytes that must be UTF-8; undefined when it refuses. */
function reference(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(strict.decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

/** Holds the scanner to JSON.parse: the same texts are taken, and the elements are the same values. */
function compare(bytes: Uint8Array): void {
  const expected = reference(bytes);
  if (expected === undefined) {
    assert.throws(() => jsonElements(bytes, limits), { code: 'badJson' });
    return;
  }
  const elements = jsonElements(bytes, limits);
  const values = elements.map((element) => JSON.parse(strict.decode(element)) as unknown);
  assert.deepEqual(values, Array.isArray(expected.value) ? expected.value : [expected.value]);
  for (const element of elements) {
    const text = strict.decode(element);
    assert.equal(text, text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), 'no white space around it');
    assert.equal(element.buffer, bytes.buffer, 'a view, not a copy');
  }
}

test('jsonElements flattens exactly one level (Durable Streams protocol, section 9.1.2)', () => {
  assert.deepEqual(split('{"event": "created"}'), ['{"event": "created"}']);
  assert.deepEqual(split('[{"event": "a"}, {"event": "b"}]'), ['{"event": "a"}', '{"event": "b"}']);
  assert.deepEqual(split('[[1,2], [3,4]]'), ['[1,2]', '[3,4]']);
  assert.deepEqual(split('[[[1,2,3]]]'), ['[[1,2,3]]']);
  assert.deepEqual(split(' [ ] '), []);
  assert.deepEqual(split('[[]]'), ['[]']);
});

test('jsonElements leaves the bytes of each element as they are [H11]', () => {
  const odd = [
    '1.0',
    '-0',
    '1E+2',
    '123456789012345678901234567890',
    '"\\u00e9\\/"',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
    '{ "a" :\t[ 1 , 2 ]\r\n}',
    '"é漢😀"',
  ];
  assert.deepEqual(split(`\n[ ${odd.join(' ,\n')} ]\t`), odd);
  for (const each of odd) assert.deepEqual(split(` ${each} `), [each]);
  assert.equal(Object.hasOwn(Object.prototype, 'admin'), false);
});

test('jsonElements refuses what is no JSON text, saying where [H11]', () => {
  for (const [text, message] of [
    ['', /ends too early, at byte 0/],
    ['  ', /ends too early, at byte 2/],
    ['{ invalid json }', /0x69 cannot stand at byte 2/],
    ['[1,]', /0x5d cannot stand at byte 3/],
    ['[1 2]', /0x32 cannot stand at byte 3/],
    ['[1', /ends too early, at byte 2/],
    ['[1,2]x', /0x78 cannot stand at byte 5/],
    ['1 2', /0x32 cannot stand at byte 2/],
    ['{"a":1,}', /0x7d cannot stand at byte 7/],
    ['{1:2}', /0x31 cannot stand at byte 1/],
    ['01', /0x31 cannot stand at byte 1/],
    ['1.', /ends too early, at byte 2/],
    ['.5', /0x2e cannot stand at byte 0/],
    ['+1', /0x2b cannot stand at byte 0/],
    ['1e', /ends too early, at byte 2/],
    ['truE', /0x45 cannot stand at byte 3/],
    ['NaN', /0x4e cannot stand at byte 0/],
    ['"\n"', /0x0a cannot stand at byte 1/],
    ['"\\x"', /0x78 cannot stand at byte 2/],
    ['"\\u00g0"', /0x67 cannot stand at byte 5/],
    ['"open', /ends too early, at byte 5/],
    ["'a'", /0x27 cannot stand at byte 0/],
    ['\ufeff[1]', /0xef cannot stand at byte 0/],
    ['[1]\ufeff', /0xef cannot stand at byte 3/],
    ['\u00a01', /0xc2 cannot stand at byte 0/],
  ] as const) {
    assert.throws(() => split(text), { code: 'badJson', message }, JSON.stringify(text));
  }
});

test('jsonElements refuses what is no UTF-8, and only that [H11]', () => {
  for (let first = 0; first < 256; first++) {
    compare(inString(first));
    for (const second of [0x00, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
      compare(inString(first, second));
      compare(inString(first, second, 0x80, 0x80));
      compare(inString(first, second, 0xbf));
    }
  }
});

test('jsonElements bounds the depth without recursion: 100,000 levels are refused at the limit [H11] [P7]', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const nested = (depth: number) => `[${open.repeat(depth)}0${close.repeat(depth)}]`;
    assert.equal(split(nested(limits.jsonDepthMax)).length, 1);
    const tooDeep = { code: 'badJson', message: /deeper than 32 levels \(jsonDepthMax\)/ };
    assert.throws(() => split(nested(limits.jsonDepthMax + 1)), tooDeep);
    assert.throws(() => split(nested(100_000)), tooDeep);
    assert.throws(() => split(open.repeat(100_000)), tooDeep);
  }
});

test('jsonElements bounds the number of elements before it has sliced more [P7]', () => {
  const { batchRecordsMax } = limits;
  assert.equal(split(`[${Array(batchRecordsMax).fill('0').join()}]`).length, batchRecordsMax);
  assert.throws(
    () =>
      split(
        `[${Array(batchRecordsMax + 1)
          .fill('0')
          .join()}]`,
      ),
    { code: 'tooLarge' },
  );
});

test('jsonElements takes what JSON.parse takes, for any value and white space', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom('', ' ', '\t', '\n  '), (value, space) => {
      compare(encoder.encode(JSON.stringify(value, undefined, space)));
    }),
    { numRuns: 500 },
  );
});

test('jsonElements takes what JSON.parse takes, also when bytes were changed, cut or added', () => {
  const interesting = fc.constantFrom(...encoder.encode('[]{},:"\\ \n0123-+.eEtfnulrsa'), 0x00, 0x80, 0xc3, 0xed, 0xff);
  const change = fc.record({
    at: fc.nat(),
    remove: fc.integer({ min: 0, max: 2 }),
    insert: fc.array(interesting, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(change, { minLength: 1, maxLength: 3 }), (value, changes) => {
      const bytes = [...encoder.encode(JSON.stringify(value))];
      for (const { at, remove, insert } of changes) bytes.splice(at % (bytes.length + 1), remove, ...insert);
      compare(Uint8Array.from(bytes));
    }),
    { numRuns: 3_000 },
  );
});

test('jsonElements takes what JSON.parse takes, for bytes that only look like JSON', () => {
  const tokens = '[ ] { } , : " "a" "" \\ true null false 0 - 1.5 e é \\u00e9'.split(' ');
  const token = fc.constantFrom(' ', ...tokens);
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (chosen) => compare(encoder.encode(chosen.join('')))),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => compare(bytes)),
    { numRuns: 2_000 },
  );
});
