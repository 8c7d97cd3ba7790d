import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEvents } from '../../testing/parse_events.ts';
import { base64Event, controlEvent, textEvent } from './sse_event.ts';

test('textEvent comes back as it was, but for the kind of line break', () => {
  const piece = fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    ' ',
    ':',
    'data:',
    'event: control',
    'é',
    '\u{1f600}',
    '\0',
    '\ufeff',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'grapheme' }))), (pieces) => {
      const text = pieces.join('');
      const events = parseEvents(textEvent(Buffer.from(text)));
      assert.deepEqual(events, [{ event: 'data', data: text.toWellFormed().replaceAll(/\r\n|\r/g, '\n') }]);
    }),
  );
});

test('textEvent is one data event, whatever bytes a record holds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const events = parseEvents(textEvent(content));
      assert.deepEqual(
        events.map(({ event }) => event),
        ['data'],
      );
    }),
  );
});

test('base64Event carries any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (content) => {
      const [event, ...more] = parseEvents(base64Event(content));
      assert.equal(more.length, 0);
      assert.deepEqual(Buffer.from(event?.data ?? '', 'base64'), Buffer.from(content));
      assert.equal((event?.data.length ?? 1) % 4, 0);
    }),
  );
});

test('controlEvent is JSON on one line', () => {
  const fields = { streamNextOffset: 'a_1', streamCursor: '5', upToDate: true };
  assert.deepEqual(parseEvents(controlEvent(fields)), [{ event: 'control', data: JSON.stringify(fields) }]);
});
