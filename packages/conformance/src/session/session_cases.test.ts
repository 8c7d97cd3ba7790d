import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientMessages, serverMessages } from '@packetboat/core';
import { sessionCases } from './session_cases.ts';

const document = readFileSync(new URL('../../../../docs/protocol/session.md', import.meta.url), 'utf8');

/** The text of a section, by its number. */
function section(number: string): string {
  const start = document.indexOf(`\n## ${number}. `);
  const end = document.indexOf('\n## ', start + 1);
  return start === -1 ? '' : document.slice(start, end === -1 ? undefined : end);
}

test('sessionCases cite clauses that the document has', () => {
  for (const { name, clause } of sessionCases) {
    const [number = '', item] = clause.split('.');
    assert.notEqual(section(number), '', `${name}: section ${number}`);
    if (item !== undefined) assert.match(section(number), new RegExp(`^${item}\\. `, 'm'), `${name}: ${clause}`);
  }
});

test('sessionCases have names of their own, and a reason each', () => {
  assert.equal(new Set(sessionCases.map(({ name }) => name)).size, sessionCases.length);
  for (const { name, why } of sessionCases) assert.match(why, /\.$/, name);
});

test('sessionCases are data, and speak every message of the document', () => {
  const text = JSON.stringify(sessionCases);
  assert.deepEqual(JSON.parse(text), sessionCases);
  const spoken = new Set(['hello', 'received', ...[...text.matchAll(/"type":"(\w+)"/g)].map((match) => match[1])]);
  for (const type of [...Object.keys(clientMessages), ...Object.keys(serverMessages)])
    assert.ok(spoken.has(type), type);
});
