import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Html, html, inline, prose } from './html.ts';

const textOf = (parts: readonly Html[]) => parts.map(({ text }) => text).join('');

test('html shows what it is given as text, and nests what it made itself', () => {
  const hostile = `<script>alert("x")</script>&'`;
  const shown = '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;';
  assert.equal(html`<p title="${hostile}">${hostile}</p>`.text, `<p title="${shown}">${shown}</p>`);
  assert.equal(html`<b>${html`<i>${'&'}</i>`}${[html`1`, html`2`]}${3}</b>`.text, '<b><i>&amp;</i>123</b>');
});

test('prose makes paragraphs, and code of what stands between backticks', () => {
  assert.equal(textOf(prose('a `b<c` d\n\ne')), '<p>a <code>b&lt;c</code> d</p><p>e</p>');
  assert.equal(textOf(inline('`x`')), '<code>x</code>');
});
