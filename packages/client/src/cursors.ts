import { checkShape } from '@packetboat/core';
import type { CallOptions, Calls } from './calls.ts';

/** A named reader's durable position. */
export interface CursorPosition {
  /** Which life of the stream's name it belongs to. */
  readonly incarnation: string;
  /** Everything before it is done with. */
  readonly offset: number;
}

/**
 * Durable cursors, by stream and name. They are moved by `reader.commit()`.
 *
 * @example
 * ```ts
 * const { offset } = await client.cursors.get('sensors/paul', 'printer');
 * await client.cursors.delete('sensors/paul', 'printer');
 * ```
 */
export class Cursors {
  readonly #calls: Calls;

  /** Made by the client. */
  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Rejects with `notFound` when nothing was ever committed under this name. */
  async get(stream: string, cursor: string, options?: CallOptions): Promise<CursorPosition> {
    const value = await this.#calls.call('cursors.get', { stream, cursor }, options);
    checkShape(value, { incarnation: 'text', offset: 'integer' }, 'answer');
    return value as CursorPosition;
  }

  /** Forgets a cursor. Rejects with `notFound` when there is none. */
  async delete(stream: string, cursor: string, options?: CallOptions): Promise<void> {
    await this.#calls.call('cursors.delete', { stream, cursor }, options);
  }
}
