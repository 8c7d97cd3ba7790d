import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkBannedWords } from './banned_words.ts';

const lines = {
  'a.md': ['// TODO: later', 'FIXME', 'good enough for now', 'a stub', 'Not implemented'],
  'b.ts': ['// @ts-ignore', '// oxlint-disable-next-line', 'x as any;', '(y: any) => y;'],
  'c.test.ts': [`test.only('a');`, `it.skip('a');`, `test('a', { skip: true });`, 't.skip();'],
  'd.json': ['"https://registry.example.org/x"', '/home/somebody/x', '/build/here/x'],
};

for (const [path, texts] of Object.entries(lines)) {
  for (const text of texts) {
    test(`checkBannedWords finds in ${path}: ${text.slice(0, 4)}…${text.slice(-4)}`, () => {
      assert.equal(findingsIn(checkBannedWords, { [path]: `\n${text}` }, '/build/here').length, 1, text);
    });
  }
}

test('checkBannedWords lets ordinary text pass', () => {
  const text =
    "// any company, anywhere\nt.skip('needs root'); test('a', { skip: mayMount ? false : 'needs root' });\n";
  assert.deepEqual(findingsIn(checkBannedWords, { 'a.test.ts': text, 'b.md': 'Known for nowhere.' }), []);
});
