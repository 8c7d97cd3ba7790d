import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { serve } from '../cli/commands.ts';
import { RawClient } from '../sensor_path/raw_client.ts';
import { seeded } from '../support/seeded.ts';
import { metric, metricIs } from '../support/metrics.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { mutateRequest } from './mutate_request.ts';

const seed = 20_262;
const rounds = 60;
const socketsPerRound = 50;

/** The value of a metric; 0 when it was never counted. */
test('http: fuzz: 3,000 requests that are nearly right: no defect is met, a client beside them goes on, nothing is held [H1] [H3] [H6] [H7] [H8] [H11] [P7]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const random = seeded(seed);
  const witness = `${server.url}/v1/stream/witness`;
  // A connection of its own each time: it is taken behind those of the round.
  const headers = { 'Content-Type': 'text/plain', Connection: 'close' };
  assert.equal((await fetch(witness, { method: 'PUT', headers })).status, 201);
  const statuses = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const clients = Array.from({ length: socketsPerRound }, () => new RawClient(server.url, mutateRequest(random)));
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
    const body = `${round}\n`;
    assert.equal((await fetch(witness, { method: 'POST', headers, body })).status, 204, `round ${round}`);
    assert.equal((await fetch(witness, { method: 'HEAD', headers })).status, 200, `round ${round}`);
    for (const client of clients) {
      for (const [status] of client.received.toString('latin1').matchAll(/(?<=^HTTP\/1\.1 )\d{3}/gm)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      client[Symbol.dispose]();
    }
  }
  const expected = Array.from({ length: rounds }, (_, round) => `${round}\n`).join('');
  assert.equal(await (await fetch(witness)).text(), expected);
  assert.equal(await metric(server.url, 'refusals_total{code="internal"}'), 0);
  // They were closed by us, the server hears of it one by one.
  await metricIs(server.url, 'connections', (open) => open <= 2);
  for (const kind of ['long-poll', 'sse']) {
    assert.equal(await metric(server.url, `live_readers{kind="${kind}"}`), 0);
  }
  assert.equal((await server.end()).code, 0);
  assert.deepEqual(
    server.stderr.filter((line) => line.includes('"level":50')),
    [],
  );
  // The mutations are neither so mild that all passes nor so wild that nothing does.
  for (const status of ['200', '204', '400', '404', '409', '431']) assert.ok(statuses.has(status), `never ${status}`);
});
