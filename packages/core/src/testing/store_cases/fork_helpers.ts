/** What the cases about forks share. */
import assert from 'node:assert/strict';
import type { CreateOptions, ForkPoint, StreamInfo } from '../../store.ts';
import { batchOf, expectInfo, type StoreTester } from '../store_tester.ts';

/** Batches of one segment each, some of several records. */
export const sent = [['a', 'bc'], ['def'], ['', 'g', 'h'], ['ij']];
export const all = sent.flat();

/** A stream of these batches. */
export async function filled(tester: StoreTester, options?: CreateOptions): Promise<string> {
  const stream = await tester.stream(options);
  for (const texts of sent) await tester.appended(stream, batchOf(texts));
  return stream;
}

/** A fork that must be made. */
export async function forked(tester: StoreTester, point: ForkPoint, options: CreateOptions = {}): Promise<StreamInfo> {
  const outcome = await tester.store.log.create(tester.name(), { ...options, fork: point });
  assert.equal(
    outcome.kind,
    'created',
    JSON.stringify(outcome, (_, value) => String(value)),
  );
  return expectInfo(outcome);
}

/** Why a fork is refused. */
export async function refusal(tester: StoreTester, point: ForkPoint, options: CreateOptions = {}): Promise<string> {
  const name = tester.name();
  const outcome = await tester.store.log.create(name, { ...options, fork: point });
  assert(outcome.kind === 'refused', `create answered ${outcome.kind}`);
  assert.equal(await tester.store.log.info(name), 'notFound');
  return outcome.code;
}
