import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLimits } from '@packetboat/core/testing';
import fc from 'fast-check';
import { readPage } from './read_page.ts';

const limits = testLimits({ controlBytesMax: 1_000 });

async function readAll(items: readonly string[], limit: number): Promise<{ all: string[]; pages: string[][] }> {
  const pages: string[][] = [];
  let after = -1;
  for (;;) {
    const read = async (count: number) => items.slice(after + 1, after + 1 + count);
    const { items: page, next } = await readPage(limits, limit, read, (item) => item);
    pages.push(page);
    if (next === undefined) return { all: pages.flat(), pages };
    assert.equal(next, page.at(-1));
    after = items.indexOf(next);
  }
}

test('readPage: the pages together are the list; none but the last is empty, none is too large [P7]', async () => {
  const lists = fc.uniqueArray(fc.string({ maxLength: 200, size: 'max' }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 12 }), async (items, limit) => {
      const { all, pages } = await readAll(items, limit);
      assert.deepEqual(all, items);
      for (const page of pages) {
        assert.ok(page.length > 0 || items.length === 0);
        assert.ok(page.length <= limit);
        assert.ok(page.length === 1 || Buffer.byteLength(JSON.stringify(page)) <= 502);
      }
    }),
  );
});

test('readPage asks the store for a bounded number, whatever is asked for [P7]', async () => {
  let asked = 0;
  const read = async (count: number) => {
    asked = count;
    return [];
  };
  await readPage(limits, Number.MAX_SAFE_INTEGER, read, () => '');
  assert.equal(asked, 1_001);
});
