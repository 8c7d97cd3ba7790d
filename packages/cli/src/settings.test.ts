import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command, InvalidArgumentError, Option } from 'commander';
import { applySettings, collectOptions, userFolders } from './settings.ts';
import { parsePort } from './values.ts';

async function settle(words: string[], env: Record<string, string>): Promise<Record<string, unknown>> {
  const program = new Command('packetboat');
  const serve = program
    .command('serve')
    .addOption(new Option('--port <port>').argParser(parsePort).default(8_000))
    .option('--port-file <file>')
    .option('--json')
    .option('--no-color')
    .option('--config <file>');
  serve.action(() => {});
  serve.hook('preAction', (_program, command) => applySettings(command, env, async () => collectOptions(program)));
  await program.parseAsync(['serve', ...words], { from: 'user' });
  return serve.opts();
}

function configFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'c.toml'), text);
  return join(folder, 'c.toml');
}

test('applySettings prefers flags to environment to file to defaults', async (t) => {
  const config = configFile(t, 'port = 4\n[serve]\nport = 3\nport-file = "f"\n');
  assert.equal((await settle([], {}))['port'], 8_000);
  assert.equal((await settle(['--config', config], {}))['port'], 3);
  assert.equal((await settle([], { PACKETBOAT_CONFIG: config, PACKETBOAT_PORT: '2' }))['port'], 2);
  assert.equal((await settle(['--port', '1'], { PACKETBOAT_CONFIG: config, PACKETBOAT_PORT: '2' }))['port'], 1);
  assert.equal((await settle([], { PACKETBOAT_CONFIG: config }))['portFile'], 'f');
});

test('applySettings reads options without a value as true or false', async () => {
  assert.equal((await settle([], { PACKETBOAT_JSON: 'true' }))['json'], true);
  assert.equal((await settle([], { PACKETBOAT_JSON: '0' }))['json'], false);
  assert.equal((await settle([], { PACKETBOAT_NO_COLOR: 'yes' }))['color'], false);
  await assert.rejects(settle([], { PACKETBOAT_JSON: 'perhaps' }), /PACKETBOAT_JSON: say true or false/);
});

test('applySettings names the variable or the line whose value is none', async (t) => {
  await assert.rejects(settle([], { PACKETBOAT_PORT: 'x' }), (error: unknown) => {
    return error instanceof InvalidArgumentError && error.message.startsWith('PACKETBOAT_PORT: A port is');
  });
  await assert.rejects(settle(['--config', configFile(t, '\nport = 70000\n')], {}), /c\.toml:2: port: A port is/);
  await assert.rejects(settle(['--config', '/nowhere/c.toml'], {}), /Cannot read the config file \/nowhere\/c\.toml/);
});

test('userFolders follows systemd for data', () => {
  assert.equal(userFolders({ STATE_DIRECTORY: '/var/lib/packetboat' }).data, '/var/lib/packetboat');
});
