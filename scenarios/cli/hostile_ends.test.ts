/** Commands that are stopped where it hurts, and a store that lost a file (FAILURES rows 38 and 39). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { RawClient } from '../sensor_path/raw_client.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { packetboat, run, serve } from './commands.ts';

test('cli: hostile: stdout closed by who read it: the command ends without a word, the server and other readers go on [H38]', async () => {
  await using folder = await tempFolder();
  const { url, ...server } = await serve(folder.path);
  const lines = 'x\n'.repeat(50);
  assert.equal((await run(['pub', 'a', '-', '--create', '--server', url], { input: lines })).code, 0);
  for (const format of [[], ['--raw'], ['--json']]) {
    const tail = packetboat(['tail', 'a', '--from', 'start', ...format, '--server', url]);
    const { stdout } = tail.process;
    assert.ok(stdout);
    await once(stdout, 'data');
    stdout.destroy();
    assert.equal((await run(['pub', 'a', '-', '--server', url], { input: lines })).code, 0);
    assert.equal((await tail.exited).code, 141);
    assert.deepEqual(
      tail.stderr.filter((line) => !line.startsWith('reading a from offset')),
      [],
    );
  }
  const { stdout } = await run(['tail', 'a', '--until-caught-up', '--raw', '--server', url]);
  assert.equal(stdout.replaceAll('\n', ''), 'x'.repeat(200));
  server.process.kill('SIGTERM');
  assert.equal((await server.exited).code, 0);
});

test('cli: hostile: SIGINT twice: the second ends a server that is still stopping, and nothing acknowledged is lost [H38] [P1]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  assert.equal((await run(['pub', 'a', 'kept', '--create', '--server', server.url])).code, 0);
  // A request that does not end holds up the stop.
  using _slow = new RawClient(
    server.url,
    'POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx',
  );
  await server.line(/listening/);
  // Signals that follow at once are taken for one, as those of a terminal are: so it is sent until it counts.
  const sending = setInterval(() => server.process.kill('SIGINT'), 50);
  const { code } = await server.exited;
  clearInterval(sending);
  assert.equal(code, 130, server.stderr.join('\n'));
  assert.ok(server.stderr.some((line) => line.includes('Stopping')));
  assert.ok(!server.stderr.some((line) => line.includes('Stopped')));
  const again = await serve(folder.path);
  const { stdout } = await run(['tail', 'a', '--until-caught-up', '--raw', '--server', again.url]);
  assert.equal(stdout, 'kept');
  assert.equal((await again.end()).code, 0);
});

test('cli: hostile: a database whose log was deleted: it starts, names what is lost, refuses to write there, and takes new streams [H39] [F15]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  assert.equal((await run(['pub', 'a', 'lost', '--create', '--server', server.url])).code, 0);
  await server.end('SIGKILL');
  await rm(join(folder.path, 'store.db-wal'));
  const again = await serve(folder.path);
  await again.line(/A stream has lost its newest records/);
  const { code, stderr } = await run(['pub', 'a', 'more', '--server', again.url]);
  assert.equal(code, 5);
  assert.match(stderr, /^packetboat: Stream "a" ended at 1 and now ends at 0[^\n]*accept-loss[^\n]*$/);
  assert.equal((await run(['pub', 'b', 'new', '--create', '--server', again.url])).code, 0);
  assert.equal((await again.end()).code, 0);
});
