/** Names that a user types and that differ by next to nothing. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { ackOf, Harbour, linesOf } from './harbour.ts';

test('sensor path: names that differ in case, in script, or at the end of 300 characters: a spool and a stream each, nothing is mixed, nothing lies outside [S0.8] [C0.3] [T8]', async () => {
  await using harbour = await Harbour.open();
  const { url } = await harbour.serve();
  const long = 'x'.repeat(299);
  const names = ['paul', 'Paul', 'bâteau/..a', `${long}1`, `${long}2`];
  const agents = names.map((name) => {
    const args = ['--spool', harbour.path('spool'), '--server', url, '--source', 'stdin', '--format', 'records'];
    return harbour.start(['agent', name, ...args], { input: linesOf(name, 3).join('') });
  });
  for (const [index, agent] of agents.entries()) {
    const lines = linesOf(names[index] ?? '', 3);
    assert.equal((await agent.exited).code, 0, agent.stderr.join('\n'));
    assert.deepEqual(agent.stdout, lines.map(ackOf));
    assert.deepEqual(await harbour.read(url, `sensors/${names[index]}`), lines);
  }
  assert.deepEqual((await readdir(harbour.folder)).toSorted(), ['data', 'spool']);
  const folders = await readdir(harbour.path('spool'));
  assert.equal(new Set(folders.map((folder) => folder.toLowerCase())).size, names.length);
});
