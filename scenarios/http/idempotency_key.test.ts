/** What an `Idempotency-Key` promises holds across the death of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../sdk/started.ts';

test('HTTP: Idempotency-Key: the server is killed behind the answer: the same request gets it again, another is refused', async () => {
  await using started = await start();
  const put = async (body: object) => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': '"8e03978e"' };
    const response = await fetch(`${started.url}/v1/streams/s`, { method: 'PUT', headers, body: JSON.stringify(body) });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  const first = await put({ bytesMax: 5_000 });
  assert.equal(first.status, 201);
  await started.kill();
  await started.restart();
  assert.deepEqual(await put({ bytesMax: 5_000 }), first);
  assert.equal((await put({ bytesMax: 6_000 })).answer['code'], 'keyReused');
  const unkeyed = await fetch(`${started.url}/v1/streams/s`, { method: 'PUT' });
  assert.equal(((await unkeyed.json()) as { kind: string }).kind, 'exists');
});
