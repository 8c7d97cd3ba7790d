import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { type Load, startLoad, verifyLoad } from '../support/load.ts';
import { packetboat, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

const skip = hasStrace() ? false : 'needs strace';

for (const call of [1, 2, 3, 10, 50]) {
  test(`failing sync: EIO at call ${call}: the server says why and exits, nothing acknowledged is lost [P8] [F3]`, {
    skip,
  }, async () => {
    await failingCalls(`fsync,fdatasync:error=EIO:when=${call}`);
  });
}

test('failing sync: ENOSPC from a sync: counts as a failed sync [P8] [F3]', { skip }, async () => {
  await failingCalls('fsync,fdatasync:error=ENOSPC:when=20');
});

test('failing write: EIO from a write to the WAL: the server says why and exits [P8] [F3]', { skip }, async () => {
  await failingCalls('pwrite64:error=EIO:when=40');
});

/** Runs a server whose WAL meets `fault`, under load, until it gives up; then counts on what the disk kept. */
async function failingCalls(fault: string): Promise<void> {
  await using folder = await tempFolder();
  const data = `${folder.path}/data`;
  const port = await prepare(data);
  const trace = ['strace', '-f', '-qq', '-o', `${folder.path}/trace`, '-e', 'trace=fsync,fdatasync,pwrite64'];
  const wrapper = [...trace, '-P', `${data}/store.db-wal`, '-e', `inject=${fault}`];
  const server = packetboat(['serve', '--data', data, '--port', port], { wrapper });
  const url = `http://127.0.0.1:${port}`;
  const listening = await Promise.race([server.line(/listening on/).then(() => true), server.exited.then(() => false)]);
  const load = listening ? await loadUntilGone(url, server.exited) : undefined;
  const exit = await server.exited;
  assert.notEqual(exit.code, 0, 'a server with a failed sync does not exit as if well');
  assert.match(server.stderr.join('\n'), /storeFailed|write or sync failed|disk I\/O/i);
  await load?.abandon();
  const again = await serve(data, ['--port', port]);
  if (load !== undefined) await verifyLoad(again.url, load.progress);
  assert.equal((await again.end()).code, 0);
}

/** A load, or nothing when the fault meets the very commit that admits its session: then the server is gone. */
async function loadUntilGone(url: string, gone: Promise<unknown>): Promise<Load | undefined> {
  const giveUp = new AbortController();
  void gone.then(() => giveUp.abort());
  try {
    return await startLoad(url, { producers: 2, inFlightMax: 20, signal: giveUp.signal });
  } catch (error) {
    if (error instanceof PacketboatError && error.code === 'aborted') return undefined;
    throw error;
  }
}

/** Makes the store in peace, so that the fault meets its work and not its creation. */
async function prepare(data: string): Promise<string> {
  const server = await serve(data);
  await server.end();
  return new URL(server.url).port;
}

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
