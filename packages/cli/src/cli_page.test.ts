import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { cliPage } from './cli_page.ts';

test('docs/cli.md is what the command tree says: else run packages/cli/src/write_cli_page.ts', async () => {
  assert.equal(await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8'), await cliPage());
});
