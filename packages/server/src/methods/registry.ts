import { checkShape, PacketboatError, quoted } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { cursorMethods } from './cursors.ts';
import type { Method } from './method.ts';
import { streamMethods } from './streams.ts';

/** Every method, by name. */
export const methods: ReadonlyMap<string, Method> = new Map(
  [...streamMethods, ...cursorMethods].map((each) => [each.name, each]),
);

/**
 * Runs a method.
 *
 * @throws {PacketboatError} `unknownMethod`, `badRequest` naming the parameter, or what the method answers.
 */
export async function runMethod(broker: Broker, name: string, params: unknown): Promise<unknown> {
  const found = methods.get(name);
  if (found === undefined) throw new PacketboatError('unknownMethod', `There is no method ${quoted(name)}`);
  broker.checkReady();
  try {
    checkShape(params, found.params, 'params');
  } catch (error) {
    throw new PacketboatError('badRequest', `${name}: ${(error as Error).message}`);
  }
  return found.run(broker, params);
}
