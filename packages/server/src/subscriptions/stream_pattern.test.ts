import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StreamPattern } from './stream_pattern.ts';

const table: readonly (readonly [pattern: string, matches: readonly string[], others: readonly string[]])[] = [
  ['events/a', ['events/a'], ['events', 'events/a/b', 'events/A', 'xevents/a']],
  ['events/*', ['events/a', 'events/**'], ['events', 'events/a/b', 'event/a']],
  ['*/a', ['events/a', '*/a'], ['a', 'x/y/a']],
  ['events/**', ['events', 'events/a', 'events/a/b/c'], ['event', 'eventsx', 'eventsx/a']],
  ['**', ['a', 'a/b/c', '__proto__'], []],
  ['**/a', ['a', 'x/a', 'x/y/a', 'a/a'], ['x', 'a/x']],
  ['a/**/z', ['a/z', 'a/b/z', 'a/z/z', 'a/b/c/z'], ['a', 'z', 'a/b', 'a/z/b']],
  ['**/*', ['a', 'a/b'], []],
  ['%2A/x', ['*/x'], ['a/x']],
  ['%2a', ['*'], ['a', '**']],
];
for (const [pattern, matches, others] of table) {
  test(`StreamPattern ${pattern} means ${matches.join(', ')} and nothing like it`, () => {
    const compiled = new StreamPattern(pattern);
    for (const name of matches) assert.equal(compiled.matches(name), true, name);
    for (const name of others) assert.equal(compiled.matches(name), false, name);
    for (const name of matches) assert(name.startsWith(compiled.prefix), `${name} begins with ${compiled.prefix}`);
  });
}

for (const pattern of ['events/a*', '***', 'a/b**', '*a/x']) {
  test(`StreamPattern refuses ${pattern}: a part is *, ** or a literal`, () => {
    assert.throws(() => new StreamPattern(pattern), { code: 'badRequest' });
  });
}

test('StreamPattern means what its definition says, for any pattern and name', () => {
  const parts = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 });
  const wild = fc.array(fc.constantFrom('a', 'b', '*', '**'), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(wild, parts, (pattern, name) => {
      assert.equal(new StreamPattern(pattern.join('/')).matches(name.join('/')), defined(pattern, name));
    }),
    { numRuns: 2_000 },
  );
});

test('StreamPattern of many ** ends on a long name that almost fits', () => {
  const pattern = new StreamPattern(`${'**/a/'.repeat(60)}b`);
  assert.equal(pattern.matches('a/'.repeat(250) + 'c'), false);
});

function defined([first, ...rest]: readonly string[], name: readonly string[]): boolean {
  if (first === undefined) return name.length === 0;
  if (first === '**') return name.some((_, at) => defined(rest, name.slice(at))) || defined(rest, []);
  return name.length > 0 && (first === '*' || first === name[0]) && defined(rest, name.slice(1));
}
