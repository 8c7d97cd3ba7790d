import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNames } from '@packetboat/core';
import * as fc from 'fast-check';
import { SortedNames } from './sorted_names.ts';

const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '￿', '\u{10000}'), maxLength: 4 });

test('SortedNames lists what a sorted set would, page by page', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), name)),
      name,
      fc.option(name, { nil: undefined }),
      fc.integer({ min: 0, max: 5 }),
      (changes, prefix, after, limit) => {
        const names = new SortedNames();
        const oracle = new Set<string>();
        for (const [add, changed] of changes) {
          if (add) names.add(changed);
          else names.delete(changed);
          if (add) oracle.add(changed);
          else oracle.delete(changed);
        }
        const expected = [...oracle]
          .filter((each) => each.startsWith(prefix) && (after === undefined || compareNames(each, after) > 0))
          .toSorted(compareNames);
        assert.equal(names.size, oracle.size);
        assert.deepEqual(names.list(prefix, after, limit), expected.slice(0, limit));
      },
    ),
  );
});
