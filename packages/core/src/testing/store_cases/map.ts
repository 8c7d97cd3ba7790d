import assert from 'node:assert/strict';
import type { PutOutcome } from '../../store.ts';
import type { StoreCases } from './case.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function revisionOf(outcome: PutOutcome): number {
  assert(outcome.kind === 'put');
  return outcome.revision;
}

export const mapCases: StoreCases = {
  'map keeps the last value put under a key': async ({ store: { map } }) => {
    assert.equal(await map.get('m/one'), undefined);
    const first = revisionOf(await map.put('m/one', bytes('a')));
    const second = revisionOf(await map.put('m/one', bytes('')));
    assert(second > first);
    const entry = await map.get('m/one');
    assert.deepEqual(entry && { ...entry, value: [...entry.value] }, { key: 'm/one', value: [], revision: second });
  },

  'map puts under an expected revision only': async ({ store: { map } }) => {
    assert.deepEqual(await map.put('m/cas', bytes('a'), 7), { kind: 'revisionConflict', revision: undefined });
    const first = revisionOf(await map.put('m/cas', bytes('a'), 'absent'));
    assert.deepEqual(await map.put('m/cas', bytes('b'), 'absent'), { kind: 'revisionConflict', revision: first });
    const second = revisionOf(await map.put('m/cas', bytes('b'), first));
    assert.deepEqual(await map.put('m/cas', bytes('c'), first), { kind: 'revisionConflict', revision: second });
    assert.equal(await map.delete('m/cas', first), 'revisionConflict');
    assert.equal(await map.delete('m/cas', second), 'deleted');
    assert.equal(await map.delete('m/cas'), 'notFound');
    assert.equal(await map.get('m/cas'), undefined);
  },

  'map lets exactly one of many compare-and-sets win': async ({ store: { map } }) => {
    const attempts = Array.from({ length: 20 }, (_, index) => map.put('m/race', bytes(`${index}`), 'absent'));
    const outcomes = await Promise.all(attempts);
    assert.equal(outcomes.filter(({ kind }) => kind === 'put').length, 1);
  },

  'map never uses a revision again, also after a delete': async ({ store: { map } }) => {
    const seen = new Set<number>();
    for (let round = 0; round < 5; round++) {
      for (const key of ['m/x', 'm/y']) {
        const revision = revisionOf(await map.put(key, bytes('v')));
        assert(!seen.has(revision));
        seen.add(revision);
      }
      await map.delete('m/x');
      await map.delete('m/y');
    }
  },

  'map lists by prefix in the order of UTF-8 bytes, page by page': async ({ store: { map } }) => {
    const keys = ['%', 'Z', 'a', 'a/b', 'ab', 'é', '\uff21', '\u{1f600}'].map((part) => `list/${part}`);
    for (const key of keys.toReversed()) await map.put(key, bytes(key));
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const page = await map.list('list/', after, 3);
      assert(page.length <= 3 && listed.length <= keys.length);
      if (page.length === 0) break;
      for (const { key, value } of page) {
        assert.equal(new TextDecoder().decode(value), key);
        listed.push(key);
      }
    }
    assert.deepEqual(listed, keys);
    assert.deepEqual(await map.list('list/%', undefined, 9), [await map.get('list/%')]);
  },

  'map takes __proto__ as an ordinary key, and keeps its own copy of a value': async ({ store: { map } }) => {
    const value = bytes('mine');
    assert.equal(await map.get('__proto__'), undefined);
    await map.put('__proto__', value);
    value.fill(0);
    const entry = await map.get('__proto__');
    assert.equal(new TextDecoder().decode(entry?.value), 'mine');
    await map.delete('__proto__');
  },
};
