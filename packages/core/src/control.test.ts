import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ClientMessage,
  clientMessages,
  encodeMessage,
  parseClientMessage,
  parseServerMessage,
  serverMessages,
} from './control.ts';
import { PacketboatError } from './errors.ts';
import type { Field, Shape } from './shape.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed());

function valueOf(field: Field): fc.Arbitrary<unknown> {
  if (typeof field === 'object') return 'shape' in field ? objectOf(field.shape) : objectOf(field.optional);
  if (field.startsWith('text')) return text;
  if (field.startsWith('integer')) return fc.maxSafeNat();
  if (field.startsWith('boolean')) return fc.boolean();
  return fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)));
}

/** Objects of the shape, with or without their optional fields. */
function objectOf(shape: Shape): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(shape);
  const needed = fields.filter(([, field]) => (typeof field === 'object' ? 'shape' in field : !field.endsWith('?')));
  return fc.record(Object.fromEntries(fields.map(([name, field]) => [name, valueOf(field)])), {
    requiredKeys: needed.map(([name]) => name),
    noNullPrototype: true,
  });
}

for (const [side, messages, parse] of [
  ['client', clientMessages, parseClientMessage],
  ['server', serverMessages, parseServerMessage],
] as const) {
  for (const [type, shape] of Object.entries<Shape>(messages)) {
    test(`${side} message ${type} comes back as it was encoded, and misses no field unnoticed`, () => {
      const property = fc.property(objectOf(shape), (fields) => {
        const message = { type, ...fields } as unknown as ClientMessage;
        assert.deepEqual(parse(encodeMessage(message)), message);
        assert.throws(() => parse(JSON.stringify({ ...message, unknown: 1 })), { code: 'badFrame' });
        for (const [name, field] of Object.entries(shape)) {
          if (typeof field === 'string' && field.endsWith('?')) continue;
          if (typeof field === 'object' && 'optional' in field) continue;
          const { [name]: _missing, ...rest } = fields;
          assert.throws(() => parse(JSON.stringify({ type, ...rest })), {
            code: 'badFrame',
            message: new RegExp(name),
          });
        }
      });
      fc.assert(property, { numRuns: 10 });
    });
  }
}

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('parseClientMessage refuses hostile JSON with badFrame and nothing else (hostile inputs 11, 20)', () => {
  const hostile = [
    '',
    ' ',
    'null',
    'true',
    '5',
    '"hello"',
    '[]',
    '[{"type":"heartbeat"}]',
    '{}',
    '{"type":null}',
    '{"type":["heartbeat"]}',
    '{"type":{"toString":1}}',
    `{"type":${deep(20_000)}}`,
    '{"type":"nope"}',
    '{"type":"__proto__"}',
    '{"type":"constructor"}',
    '{"type":"toString"}',
    '{"type":"welcome"}',
    '{"type":"heartbeat","__proto__":{"admin":true}}',
    '{"type":"heartbeat","constructor":1}',
    '{"type":"heartbeat"',
    '{"type":"heartbeat"}{"type":"heartbeat"}',
    '\ufeff{"type":"heartbeat"}',
    '{"type":"hello","protocol":"1","client":"x"}',
    '{"type":"hello","protocol":1,"client":"\\ud800"}',
    '{"type":"received","bytes":1e400}',
    '{"type":"received","bytes":-0.5}',
    `{"type":"subscribe","sub":1,"stream":"s","from":${deep(20_000)},"credit":1}`,
    `{"type":"${'x'.repeat(60_000)}"}`,
  ];
  for (const message of hostile) {
    assert.throws(
      () => parseClientMessage(message),
      (error) => error instanceof PacketboatError && error.code === 'badFrame' && error.message.length < 1_000,
      message.slice(0, 80),
    );
  }
});

test('parseClientMessage pollutes no prototype', () => {
  const message = parseClientMessage('{"type":"call","id":1,"method":"m","params":{"__proto__":{"admin":true}}}');
  assert(message.type === 'call');
  assert.equal(({} as { admin?: boolean }).admin, undefined);
  assert.equal((message.params as { admin?: boolean }).admin, undefined);
});

test('parseServerMessage refuses arbitrary text with badFrame and nothing else', () => {
  const nearly = fc.jsonValue().map((value) => JSON.stringify({ type: 'error', code: value, message: 'x' }));
  const property = fc.property(fc.oneof(fc.string(), fc.json(), nearly), (value) => {
    try {
      parseServerMessage(value);
    } catch (error) {
      assert(error instanceof PacketboatError && error.code === 'badFrame', String(error));
    }
  });
  fc.assert(property, { numRuns: 1_000 });
});
