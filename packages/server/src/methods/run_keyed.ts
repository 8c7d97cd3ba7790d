import type { Broker } from '../broker/broker.ts';
import type { KeptAnswers } from '../broker/kept_answers.ts';
import type { Method } from './method.ts';

/** A key that makes a call effective once, and where its answer is kept. */
export interface CallKey {
  readonly key: string;
  readonly kept: KeptAnswers;
}

/**
 * Runs a method with prepared parameters; with a key, once.
 *
 * @throws {PacketboatError} as the method and {@linkcode KeptAnswers.once} say.
 */
export function runKeyed(
  broker: Broker,
  method: Method,
  params: Record<string, unknown>,
  callKey: CallKey | undefined,
): Promise<unknown> {
  const run = () => method.run(broker, params);
  // Reading again is harmless: only what changes something needs the key.
  if (callKey === undefined || method.route.verb === 'GET') return run();
  return callKey.kept.once(callKey.key, fingerprint(method, params), run);
}

/** What two calls have in common that are the same: the parameters stand in the order of the schema. */
function fingerprint(method: Method, params: Record<string, unknown>): string {
  return `${method.name} ${JSON.stringify(params)}`;
}
