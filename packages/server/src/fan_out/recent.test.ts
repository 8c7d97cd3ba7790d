import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CacheBudget } from './cache_budget.ts';
import { type Encoded, Recent } from './recent.ts';

/** An entry that counts for `counted` bytes. */
const entry = (base: number, counted: number): Encoded => ({
  base,
  end: base + 1,
  bytes: new Uint8Array(counted - 128),
});

test('Recent keeps the newest entries within the budget, over all streams', () => {
  const budget = new CacheBudget(1_000);
  const [first, second] = [new Recent(budget), new Recent(budget)];
  first.add(entry(0, 400));
  second.add(entry(0, 400));
  first.add(entry(1, 400));
  assert.equal(first.get(0), undefined);
  assert.equal(second.get(0)?.end, 1);
  assert.equal(first.get(1)?.end, 2);
});

test('Recent keeps an entry once', () => {
  const recent = new Recent(new CacheBudget(1_000));
  const first = entry(0, 600);
  recent.add(first);
  recent.add(entry(0, 600));
  recent.add(entry(1, 400));
  assert.equal(recent.get(0), first);
});

test('Recent does not keep an entry that is larger than the whole budget', () => {
  const recent = new Recent(new CacheBudget(1_000));
  recent.add(entry(0, 1_001));
  assert.equal(recent.get(0), undefined);
});

test('Recent keeps a bounded number of empty entries [P7]', () => {
  const recent = new Recent(new CacheBudget(1_280));
  for (let base = 0; base < 100; base++) recent.add(entry(base, 128));
  const kept = Array.from({ length: 100 }, (_, base) => recent.get(base)).filter((each) => each !== undefined);
  assert.equal(kept.length, 10);
});
