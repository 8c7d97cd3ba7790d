import type { IncomingMessage, ServerResponse } from 'node:http';
import { PacketboatError } from '@packetboat/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientOf } from './client_of.ts';
import type { Door } from './door.ts';

/** What a {@linkcode RateLimit} counts. */
export interface RateLimitOptions {
  /** Names the limit in the answer. */
  readonly name: string;
  /** Requests of one client in a window; `Infinity` for any number. */
  readonly requestsMax: number;
  readonly windowMs: number;
}

/**
 * Limits how often one client may ask, by its address. Every counted answer says where the client stands
 * (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy: "api";q=5000;w=10`, `RateLimit: "api";r=4999;t=10`).
 */
export class RateLimit {
  readonly #name: string;
  readonly #policy: string;
  /** Absent when there is no limit. */
  readonly #limiter: RateLimiterMemory | undefined;

  constructor({ name, requestsMax, windowMs }: RateLimitOptions) {
    this.#name = name;
    this.#policy = `"${name}";q=${requestsMax};w=${Math.ceil(windowMs / 1_000)}`;
    if (Number.isFinite(requestsMax)) {
      this.#limiter = new RateLimiterMemory({ points: requestsMax, duration: windowMs / 1_000 });
    }
  }

  /** The same door, with its requests counted: all of them, or those by the `methods`. */
  before(door: Door, methods?: readonly string[]): Door {
    return {
      methods: (path) => door.methods(path),
      handle: async (request, response) => {
        const counts = methods === undefined || methods.includes(request.method ?? '');
        if (counts) await this.#count(request, response);
        await door.handle(request, response);
      },
    };
  }

  /** @throws {PacketboatError} `rateLimited`, and when to come back. */
  async #count(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#limiter === undefined) return;
    const client = clientOf(request.socket.remoteAddress ?? '');
    const state = await this.#limiter.consume(client).catch((refusal: unknown) => {
      if (refusal instanceof RateLimiterRes) return refusal;
      throw refusal;
    });
    const { consumedPoints, remainingPoints, msBeforeNext } = state;
    response.setHeader('RateLimit-Policy', this.#policy);
    response.setHeader('RateLimit', `"${this.#name}";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1_000)}`);
    if (consumedPoints <= this.#limiter.points) return;
    const message = `${client} has asked too often: ${this.#policy}`;
    throw new PacketboatError('rateLimited', message, { retryAfterMs: msBeforeNext });
  }
}
