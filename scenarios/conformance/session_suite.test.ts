/** The suite of the session protocol, against each store, and against the command as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, checkServer, sessionCases, tellVerdict } from '@packetboat/conformance';
import { MemoryStore, type Store } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { openStore } from '@packetboat/engine-sqlite';
import { startServer } from '@packetboat/server';
import { serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { shortLimits } from './short_limits.ts';

async function passes(url: string, cases: readonly Case[]): Promise<void> {
  const verdicts = await checkServer({ url, world: nodeWorld, cases });
  const failed = verdicts.filter(({ failure }) => failure !== undefined);
  assert.equal(failed.length, 0, `\n${failed.map(tellVerdict).join('\n')}`);
  assert.equal(verdicts.length, cases.length);
}

async function passesOver(store: Store): Promise<void> {
  const server = await startServer({ store, world: nodeWorld, port: 0, limits: shortLimits });
  try {
    await passes(server.url, sessionCases);
  } finally {
    await server.stop();
    await store.close();
  }
}

test('conformance session: every case: a server over the memory store', () =>
  passesOver(new MemoryStore({ world: nodeWorld, limits: shortLimits })));

test('conformance session: every case: a server over the embedded store', async () => {
  await using folder = await tempFolder();
  await passesOver(await openStore({ folder: folder.path, world: nodeWorld, limits: shortLimits }));
});

test('conformance session: every case that does not wait: the command as it is', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  try {
    await passes(
      server.url,
      sessionCases.filter(({ waits }) => waits === undefined),
    );
  } finally {
    await server.end();
  }
});
