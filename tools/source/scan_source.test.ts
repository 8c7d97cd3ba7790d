import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanSource } from './scan_source.ts';

const codeOf = (text: string) => scanSource(text).code.replaceAll(/ +/g, ' ').trim();
const literalsOf = (text: string) => scanSource(text).literals.map((literal) => literal.text);

test('scanSource keeps every offset', () => {
  const text = "const a = 'x\\'y'; // note\n/* two\nlines */ b(`one ${c('d')} two`);\n";
  const { code } = scanSource(text);
  assert.equal(code.length, text.length);
  assert.deepEqual(
    [...code.matchAll(/\n/g)].map((m) => m.index),
    [...text.matchAll(/\n/g)].map((m) => m.index),
  );
  assert.equal(code.indexOf('b('), text.indexOf('b('));
});

test('scanSource blanks comments and the insides of literals', () => {
  assert.equal(codeOf("go('Date.now()'); // Date.now()\n/* Date.now() */ stop();"), "go(' '); \n stop();");
});

test('scanSource shows the code inside a template', () => {
  const text = '`a ${Date.now()} b ${`c ${{ d: 1 }.d}`} e`';
  assert.match(codeOf(text), /\$\{Date\.now\(\)\}/);
  assert.deepEqual(literalsOf(text), ['a … b … e', 'c …']);
});

test('scanSource tells a regular expression from a division', () => {
  assert.equal(codeOf('const a = /["\'`/]/g; b'), 'const a = / /g; b');
  assert.equal(codeOf("return /'/.test(x)"), 'return / /.test(x)');
  assert.equal(codeOf("const half = whole / 2 / 'x'.length;"), "const half = whole / 2 / ' '.length;");
  assert.equal(codeOf("(a + b) / 2; c('d')"), "(a + b) / 2; c(' ')");
});

test('scanSource ends at the end of an unfinished literal', () => {
  assert.deepEqual(literalsOf("'never closed"), ['never closed']);
  assert.deepEqual(literalsOf('`never ${closed'), ['never …']);
});
