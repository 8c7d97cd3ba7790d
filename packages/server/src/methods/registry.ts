import { checkStreamName, PacketboatError, quoted } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { checkNotReserved } from '../broker/reserved_names.ts';
import { cursorMethods } from './cursors.ts';
import { issuesOf } from './issues_of.ts';
import type { Method } from './method.ts';
import { runKeyed } from './run_keyed.ts';
import { storeMethods } from './store.ts';
import { streamMethods } from './streams.ts';

/** Every method, by name. */
export const methods: ReadonlyMap<string, Method> = new Map(
  [...streamMethods, ...cursorMethods, ...storeMethods].map((each) => [each.name, each]),
);

/**
 * Runs the method of this name; with a `key`, once.
 *
 * @throws {PacketboatError} `unknownMethod`, or as {@linkcode prepareCall} and {@linkcode runKeyed} say.
 */
export async function runMethod(broker: Broker, name: string, params: unknown, key?: string): Promise<unknown> {
  const found = methods.get(name);
  if (found === undefined) throw new PacketboatError('unknownMethod', `There is no method ${quoted(name)}`);
  if (key !== undefined) checkKey(key, broker.limits.keyCharactersMax);
  const callKey = key === undefined ? undefined : { key, kept: broker.callAnswers };
  return runKeyed(broker, found, prepareCall(broker, found, params), callKey);
}

function checkKey(key: string, charactersMax: number): void {
  if (key.length >= 1 && key.length <= charactersMax) return;
  throw new PacketboatError('badRequest', `The key of a call has 1 to ${charactersMax} characters`);
}

/**
 * Checks what every call must hold.
 *
 * @returns the parameters, with their defaults and in the order of the schema.
 * @throws {PacketboatError} `stopping`, `storeFailed`, `badRequest` naming the parameters, `badName`.
 */
export function prepareCall(broker: Broker, method: Method, given: unknown): Record<string, unknown> {
  const { name, params, route } = method;
  broker.checkReady();
  const { success, data, error } = params.safeParse(given);
  if (!success) {
    const why = issuesOf(error).map(({ pointer, detail }) => `${pointer} ${detail}`);
    throw new PacketboatError('badRequest', `${name}: ${why.join('; ')}`, { cause: error });
  }
  const { stream } = data;
  if (typeof stream === 'string') {
    checkStreamName(stream, broker.limits.streamNameBytesMax);
    if (route.verb !== 'GET') checkNotReserved(stream);
  }
  return data;
}
