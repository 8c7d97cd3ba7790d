import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { etagOf, matchesEtag } from './etag.ts';

const [inside, atTail, atEnd] = [
  { upToDate: false, closed: false },
  { upToDate: true, closed: false },
  { upToDate: true, closed: true },
];

test('etagOf changes with the stream, the records, the times and the closing', () => {
  const tags = [
    etagOf('a', 0, 5, inside, undefined),
    etagOf('b', 0, 5, inside, undefined),
    etagOf('a', 1, 5, inside, undefined),
    etagOf('a', 0, 6, inside, undefined),
    etagOf('a', 0, 5, atTail, undefined),
    etagOf('a', 0, 5, atEnd, undefined),
    etagOf('a', 0, 5, inside, '1-2'),
  ];
  assert.equal(new Set(tags).size, tags.length);
  for (const tag of tags) assert.match(tag, /^"[\x21\x23-\x7e]+"$/);
});

test('matchesEtag knows lists, weak tags and the star', () => {
  const tag = '"a:0:5:t"';
  for (const field of [tag, `W/${tag}`, `"x", ${tag}`, `"x",W/${tag} ,"y"`, '*', ' * ', `"a,b", ${tag}`]) {
    assert(matchesEtag(field, tag), field);
  }
  for (const field of [undefined, '', '"a:0:5"', 'a:0:5:t', '"a:0:5:t', `x${tag.slice(1)}`, '"*"', '"x", "y"']) {
    assert(!matchesEtag(field, tag), String(field));
  }
});

test('matchesEtag never throws, whatever the field [H3]', () => {
  fc.assert(fc.property(fc.string(), (field) => void matchesEtag(field, '"a"')));
});
