import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../kernel/timeline.ts';
import { type Parcel, Wire } from './wire.ts';

test('Wire: messages that were sent at different times and are due at one come in their order', async () => {
  const timeline = new Timeline();
  const arrived: Parcel[] = [];
  const wire = new Wire({
    timeline,
    deliver: (parcel) => arrived.push(parcel),
    damaged: () => assert.fail(),
    cut: assert.fail,
  });
  wire.addStage('late', { leaveMs: (_, nowMs) => Math.max(nowMs, 52.439) });
  const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
  for (const [index, text] of texts.entries()) timeline.at(index * 0.2173, () => wire.send({ kind: 'text', text }));
  await timeline.run(100);
  assert.deepEqual(
    arrived.map((parcel) => parcel.kind === 'text' && parcel.text),
    texts,
  );
});

test('Wire: a frame that arrives damaged is told: whole, or when a part of it comes and when the last one does', async () => {
  const timeline = new Timeline();
  const told: string[] = [];
  const wire = new Wire({
    timeline,
    deliver: (parcel) => told.push(parcel.kind),
    damaged: (whole) => told.push(whole ? 'whole' : 'part'),
    cut: () => told.push('cut'),
  });
  const sendBoth = async (damaged: Uint8Array, good: Uint8Array) => {
    wire.addStage('damage', { pieces: (bytes) => [bytes.with(bytes.length - 1, 255)] });
    wire.send({ kind: 'binary', bytes: damaged });
    wire.removeStage('damage');
    wire.send({ kind: 'binary', bytes: good });
    await timeline.run(timeline.nowMs + 1);
  };
  const [whole, part, lastPart] = [Uint8Array.of(2, 0, 0), Uint8Array.of(3, 0, 0), Uint8Array.of(3, 1, 0)];
  await sendBoth(whole, whole);
  await sendBoth(part, lastPart);
  await sendBoth(lastPart, lastPart);
  assert.equal(told.join(' '), 'whole binary binary part binary whole binary whole binary binary');
});
