import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../kernel/timeline.ts';
import { type Parcel, Wire } from './wire.ts';

test('Wire: messages that were sent at different times and are due at one come in their order', async () => {
  const timeline = new Timeline();
  const arrived: Parcel[] = [];
  const wire = new Wire({ timeline, deliver: (parcel) => arrived.push(parcel), cut: assert.fail });
  wire.addStage('late', { leaveMs: (_, nowMs) => Math.max(nowMs, 52.439) });
  const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
  for (const [index, text] of texts.entries()) timeline.at(index * 0.2173, () => wire.send({ kind: 'text', text }));
  await timeline.run(100);
  assert.deepEqual(
    arrived.map((parcel) => parcel.kind === 'text' && parcel.text),
    texts,
  );
});
