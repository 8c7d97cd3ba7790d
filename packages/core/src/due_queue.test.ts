import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DueQueue } from './due_queue.ts';

test('DueQueue gives nothing when it is empty, and forgets what it does not know', () => {
  const queue = new DueQueue<string>();
  queue.delete('a');
  assert.deepEqual([queue.size, queue.first], [0, undefined]);
});

test('DueQueue gives the earliest item, whatever was added, moved and deleted', () => {
  const item = fc.integer({ min: 0, max: 12 });
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), item, dueMs: fc.integer({ max: 50 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), item }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const queue = new DueQueue<number>();
      const model = new Map<number, number>();
      for (const done of commands) {
        if (done.kind === 'set') {
          queue.set(done.item, done.dueMs);
          model.set(done.item, done.dueMs);
        } else {
          const gone = done.kind === 'take' ? queue.first?.item : done.item;
          if (gone === undefined) continue;
          queue.delete(gone);
          model.delete(gone);
        }
        const first = queue.first;
        assert.equal(queue.size, model.size);
        assert.equal(first?.dueMs, model.size === 0 ? undefined : Math.min(...model.values()));
        if (first !== undefined) assert.equal(model.get(first.item), first.dueMs);
        for (const known of model.keys()) assert(queue.has(known));
      }
    }),
  );
});
