import type { MessageOf, Shape } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';

/** A method as the registry keeps it. */
export interface Method {
  readonly name: string;
  readonly params: Shape;
  /** Runs with parameters that have the shape. Rejects with a `PacketboatError`. */
  readonly run: (broker: Broker, params: unknown) => Promise<unknown>;
}

/** Describes a method once, for every door: its name, the shape of its parameters, and what it does. */
export function method<S extends Shape>(
  name: string,
  params: S,
  run: (broker: Broker, params: MessageOf<S>) => Promise<unknown>,
): Method {
  return { name, params, run: (broker, checked) => run(broker, checked as MessageOf<S>) };
}
