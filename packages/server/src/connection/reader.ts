import { PacketboatError } from '@packetboat/core';
import type { Subscription, SubscriptionEvents } from '../fan_out/subscription.ts';
import type { Connection } from './connection.ts';

/** Commits that may wait while the cursor is moved. */
const commitsWaitingMax = 1_024;

/** One `sub` of a connection: speaks for its subscription, and moves its cursor. */
export class Reader implements SubscriptionEvents {
  readonly stream: string;
  readonly #connection: Connection;
  readonly #sub: number;
  readonly #cursor: string | undefined;
  #subscription: Subscription | undefined;
  #incarnation = '';
  #stopped = false;
  /** Offsets to commit, in order; a move of the cursor takes all that wait. */
  #commits: number[] = [];
  #moving = false;

  constructor(connection: Connection, sub: number, stream: string, cursor: string | undefined) {
    this.#connection = connection;
    this.#sub = sub;
    this.stream = stream;
    this.#cursor = cursor;
  }

  /** Nothing more will be sent, though the cursor may still be moved. */
  get over(): boolean {
    return this.#stopped || this.#subscription?.over === true;
  }

  start(subscription: Subscription, incarnation: string): void {
    this.#subscription = subscription;
    this.#incarnation = incarnation;
  }

  grant(bytes: number): void {
    this.#subscription?.grant(bytes);
  }

  stop(): void {
    this.#stopped = true;
    this.#detach();
  }

  /** Moves the cursor, never back and never past what was sent (I5). */
  commit(offset: number): void {
    try {
      this.#check(offset);
    } catch (error) {
      return this.#connection.sendError({ sub: this.#sub }, error);
    }
    this.#commits.push(offset);
    if (!this.#moving) void this.#move();
  }

  readonly gap = (from: number, to: number): void => {
    const [sub, count] = [this.#sub, to - from];
    this.#connection.sendInOrder({ type: 'gap', sub, from, to, count, reason: 'retention' });
  };

  readonly caughtUp = (offset: number): void => {
    this.#connection.sendInOrder({ type: 'caughtUp', sub: this.#sub, offset });
  };

  readonly ended = (reason: 'closed' | 'deleted', offset: number): void => {
    this.#connection.sendInOrder({ type: 'ended', sub: this.#sub, reason, offset });
    this.#detach();
  };

  readonly failed = (error: PacketboatError): void => {
    const { code, message, retryAfterMs } = this.#connection.noted(error);
    this.#connection.sendInOrder({ type: 'error', sub: this.#sub, code, message, retryAfterMs });
    this.#detach();
  };

  #detach(): void {
    if (this.#subscription === undefined) return;
    this.#subscription.stop();
    this.#connection.broker.feeds.detach(this.#subscription);
  }

  #check(offset: number): void {
    if (this.#cursor === undefined) throw new PacketboatError('badRequest', 'The subscription has no cursor');
    const position = this.#subscription?.position ?? 0;
    if (offset > position)
      throw new PacketboatError('cursorAhead', `Offset ${offset} is past ${position}, the last sent`);
    const before = this.#commits.at(-1) ?? 0;
    if (offset < before) throw new PacketboatError('cursorRegressed', `Offset ${offset} came after ${before}`);
    if (this.#commits.length >= commitsWaitingMax) {
      throw new PacketboatError('busy', `${commitsWaitingMax} commits wait`, { retryAfterMs: 100 });
    }
  }

  async #move(): Promise<void> {
    this.#moving = true;
    for (let offset = this.#commits.at(-1); offset !== undefined; offset = this.#commits.at(-1)) {
      const moved = this.#commits;
      this.#commits = [];
      await this.#moveTo(offset, moved);
    }
    this.#moving = false;
  }

  async #moveTo(offset: number, offsets: readonly number[]): Promise<void> {
    const sub = this.#sub;
    try {
      const { cursors } = this.#connection.broker;
      await cursors.move(this.stream, this.#cursor ?? '', { incarnation: this.#incarnation, offset });
      for (const committed of offsets) this.#connection.send({ type: 'committed', sub, offset: committed });
    } catch (error) {
      for (const _ of offsets) this.#connection.sendError({ sub }, error);
    }
  }
}
