/** The suite of the session protocol finds the servers that break the protocol, and only those. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, checkServer, sessionCases, tellVerdict, type Verdict } from '@packetboat/conformance';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from '@packetboat/server';
import type { BrokenServer } from './broken/broken_server.ts';
import { brokenServers } from './broken/broken_servers.ts';
import { startRelay } from './broken/relay.ts';
import { shortLimits } from './short_limits.ts';

/** An answer that a broken server does not give is waited for so long. */
const patienceMs = 3_000;

/** What the suite makes of a server with these flaws. */
async function verdictsOn(
  flaws: Omit<BrokenServer, 'name' | 'caughtBy'>,
  options: { readonly cases: readonly Case[]; readonly patienceMs?: number },
): Promise<Verdict[]> {
  const { twist, asked, store: flawed = (store) => store } = flaws;
  const limits = { ...shortLimits, ...flaws.limits };
  const store = new MemoryStore({ world: nodeWorld, limits });
  const server = await startServer({ store: flawed(store), world: nodeWorld, port: 0, limits });
  const relay = await startRelay({ url: server.url, frameBytesMax: limits.frameBytesMax, twist, asked });
  try {
    return await checkServer({ url: relay.url, world: nodeWorld, ...options });
  } finally {
    await relay.stop();
    await server.stop();
    await store.close();
  }
}

/** Before the colon of a case's name. */
const areasOf = (names: readonly string[]) => new Set(names.map((name) => name.split(':')[0]));

test('conformance session: every case: a server behind a relay that changes nothing', async () => {
  const verdicts = await verdictsOn({}, { cases: sessionCases });
  const failed = verdicts.filter(({ failure }) => failure !== undefined);
  assert.equal(failed.length, 0, `\n${failed.map(tellVerdict).join('\n')}`);
});

test('conformance session: a server that breaks a rule: fails the cases of that rule', async (context) => {
  const missed: string[] = [];
  const check = async (broken: BrokenServer) => {
    const cases = sessionCases.filter(({ name }) => name.startsWith(broken.caughtBy));
    assert.notEqual(cases.length, 0, `no case begins with "${broken.caughtBy}"`);
    for (const { case: each, failure } of await verdictsOn(broken, { cases, patienceMs })) {
      if (failure === undefined) missed.push(`a server that ${broken.name} passes "${each.name}"`);
      else context.diagnostic(`a server that ${broken.name} fails "${each.name}": ${failure.seen}`);
    }
  };
  await Promise.all(brokenServers.map(check));
  assert.deepEqual(missed, []);
});

test('conformance session: the areas of the suite: a broken server for each', () => {
  const caughtBy = brokenServers.map((broken) => broken.caughtBy);
  assert.deepEqual(areasOf(caughtBy), areasOf(sessionCases.map(({ name }) => name)));
});
