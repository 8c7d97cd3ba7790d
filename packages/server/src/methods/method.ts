import type { z } from 'zod';
import type { Broker } from '../broker/broker.ts';

/** What a method will ask for once there are accounts (P9); told in the OpenAPI document, checked by nobody yet. */
export type Grant = 'read' | 'write' | 'admin';

/**
 * Where a method is found over HTTP. Parameters that the path names come from there, the others from the query of a
 * GET or DELETE, or from the JSON body of a PUT or POST.
 */
export interface Route {
  readonly verb: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `/v1/streams/{stream}`; each parameter is one percent-encoded segment. */
  readonly path: string;
}

/** Everything about a method, for every door: the session's `call`, the JSON routes, the OpenAPI document. */
interface Description<Params extends z.ZodObject, Result extends z.ZodObject> {
  readonly name: string;
  /** One short sentence, without its full stop. */
  readonly summary: string;
  /** What a caller must know: meaning, limits, refusals. */
  readonly description: string;
  readonly route: Route;
  readonly grant: Grant;
  /** Strict: unknown fields are refused. */
  readonly params: Params;
  /** Clients take fields that they do not know, so that fields can be added. */
  readonly result: Result;
  /** Whether this result tells of something new: HTTP answers 201. @default never */
  isNew?(result: z.output<Result>): boolean;
  /**
   * Runs with parameters that have their schema. Rejects with a `PacketboatError`.
   *
   * Done twice, a method leaves what it leaves done once (RFC 9110 section 9.2.2): a call whose answer was lost is made
   * again. What adds up, an append, is no method: its key goes into the store's transaction.
   */
  run(broker: Broker, params: z.output<Params>): Promise<z.output<Result>>;
}

/** A method as the registry keeps it. */
export type Method = Description<z.ZodObject, z.ZodObject>;

/** Describes a method; what it takes and gives is checked against its schemas by the compiler. */
export function method<Params extends z.ZodObject, Result extends z.ZodObject>(
  described: Description<Params, Result>,
): Method {
  return described;
}
