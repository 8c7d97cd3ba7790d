import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFork } from './decide_fork.ts';
import type { ForkPoint } from './store.ts';

const source = { contentType: 'text/plain', first: 10, tail: 50, depth: 2 };
const limits = { forkDepthMax: 3 };

/** The decision's refusal, or the point that is meant. */
function decide(of: Parameters<typeof decideFork>[0], more: Partial<ForkPoint> = {}, contentType?: string) {
  const options = contentType === undefined ? {} : { contentType };
  const decision = decideFork(of, { stream: 's', ...more }, options, limits);
  return decision.kind === 'refused' ? decision.code : decision.point;
}

test('decideFork means the tail unless an offset is given', () => {
  assert.deepEqual(decide(source), { stream: 's', offset: 50, subOffset: 0 });
  assert.deepEqual(decide(source, { offset: 10 }), { stream: 's', offset: 10, subOffset: 0 });
  assert.deepEqual(decide(source, { offset: 49, subOffset: 7 }), { stream: 's', offset: 49, subOffset: 7 });
});

test('decideFork refuses what is not within the source', () => {
  for (const point of [{ offset: 9 }, { offset: 51 }, { subOffset: 1 }, { offset: 50, subOffset: 1 }]) {
    assert.equal(decide(source, point), 'forkOffsetInvalid', JSON.stringify(point));
  }
});

test('decideFork names the source first, then the content type, then the offset', () => {
  assert.equal(decide('notFound', { offset: 51 }, 'other/kind'), 'forkSourceNotFound');
  assert.equal(decide('gone', { offset: 51 }, 'other/kind'), 'forkSourceNotFound');
  assert.equal(decide('softDeleted', { offset: 51 }, 'other/kind'), 'forkSourceDeleted');
  assert.equal(decide(source, { offset: 51 }, 'other/kind'), 'contentTypeMismatch');
  assert.equal(decide(source, { offset: 51 }, 'Text/Plain; charset=utf-8'), 'forkOffsetInvalid');
});

test('decideFork bounds how deep forks follow one another [P7]', () => {
  assert.throws(() => decide({ ...source, depth: 3 }), { code: 'limitReached', message: /forkDepthMax/ });
});
