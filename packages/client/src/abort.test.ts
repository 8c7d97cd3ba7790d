import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onAbort, orAborted } from './abort.ts';

test('onAbort runs once, at once when it is too late, and can be taken back', () => {
  const codes: string[] = [];
  const controller = new AbortController();
  onAbort(controller.signal, (error) => codes.push(`kept ${error.code}`));
  const forget = onAbort(controller.signal, () => codes.push('forgotten'));
  onAbort(undefined, () => codes.push('no signal'))();
  forget();
  controller.abort();
  onAbort(controller.signal, (error) => codes.push(`late ${error.code}`));
  assert.deepEqual(codes, ['kept aborted', 'late aborted']);
});

test('orAborted settles as its promise does, or rejects with the reason as cause', async () => {
  const controller = new AbortController();
  assert.equal(await orAborted(Promise.resolve(1), controller.signal), 1);
  await assert.rejects(orAborted(Promise.reject(new Error('own')), controller.signal), { message: 'own' });
  const never = orAborted(new Promise(() => undefined), controller.signal);
  controller.abort('enough');
  await assert.rejects(never, { code: 'aborted', cause: 'enough' });
});
