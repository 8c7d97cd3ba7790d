/** What the documents tell a user to type. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../support/packetboat.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a document tells to type behind `packetboat`. */
interface Told {
  readonly page: string;
  readonly line: string;
}

/** Every line of a code block that calls the command. */
function toldCommands(page: string): Told[] {
  const blocks = readFileSync(`${root}${page}`, 'utf8').matchAll(/^```(?:sh|console|text)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) =>
    [...block.matchAll(/^(?:\s*\$ )?(?:npx )?packetboat (.+)$/gm)].map(([, line = '']) => ({ page, line })),
  );
}

test('documents: every command and option that README and docs tell to type is one that the command’s help tells too [S0.3]', async () => {
  const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
  const told = pages
    .flatMap(toldCommands)
    .map(({ page, line }) => ({ page, line: line.replace(/\s+#.*$/, '') }))
    .filter(({ line }) => !line.startsWith('-'));
  assert.ok(told.length > 20, `${told.length} commands are told`);
  const helps = new Map(told.map(({ line }) => [commandOf(line), '']));
  await Promise.all(
    Array.from(helps.keys(), async (command) => {
      const { code, stdout, stderr } = await run([...command.split(' '), '--help']);
      assert.equal(code, 0, `packetboat ${command}: ${stderr}`);
      helps.set(command, stdout);
    }),
  );
  for (const { page, line } of told) {
    for (const [option] of line.matchAll(/(?<= )--[a-z][a-z-]*/g)) {
      assert.ok(helps.get(commandOf(line))?.includes(option), `${page}: packetboat ${line}: no option ${option}`);
    }
  }
});

/** The words of the command itself: commands that hold others have two. */
function commandOf(line: string): string {
  const [first = '', second = ''] = line.split(' ');
  return first === 'streams' || first === 'cursors' ? `${first} ${second}` : first;
}

test('server: told nothing, it listens on loopback, port 8000 [S0.21] [P9]', async () => {
  const { code, stdout } = await run(['serve', '--check-config', '--json']);
  assert.equal(code, 0);
  const { host, port } = JSON.parse(stdout) as Record<'host' | 'port', object>;
  assert.deepEqual(host, { value: '127.0.0.1', source: 'default' });
  assert.deepEqual(port, { value: 8_000, source: 'default' });
});
