import {
  type ClientMessage,
  type ErrorCode,
  type Limits,
  PacketboatError,
  quoted,
  type SegmentFrame,
} from '@packetboat/core';
import { type Arrival, Arrivals, type EndReason } from './arrivals.ts';
import { badFrame } from './bad_frame.ts';
import { Chain, type CheckedSegment } from './chain.ts';
import { checkMessage } from './check_message.ts';
import type { Connection } from './connection.ts';
import { CursorCommitter } from './cursor_committer.ts';
import type { Link } from './link.ts';
import type { SegmentListener, SubscriptionMessage } from './participant.ts';
import { Retry } from './retry.ts';
import { type StartingPoint, startingOffset } from './starting_point.ts';
import { wireError } from './wire_error.ts';

/** What a {@linkcode Subscription} needs. */
export interface SubscriptionOptions {
  readonly stream: string;
  readonly from: StartingPoint;
  readonly cursor: string | undefined;
  readonly creditBytes: number;
  readonly untilCaughtUp: boolean;
}

/** What an arrival without payload costs, so that a flood of them is bounded too. */
const gapBytes = 64;

/** Codes that answer a commit. Any other final code is about the subscription. */
const commitCodes: ReadonlySet<ErrorCode> = new Set(['badRequest', 'cursorAhead', 'cursorRegressed']);

/** Codes that say that what was read before is deleted now. */
const deletedCodes: ReadonlySet<ErrorCode> = new Set(['gone', 'softDeleted']);

/**
 * The receiving side of a reader: subscribes, checks what arrives, and holds what was not taken yet, at most the
 * credit and one frame (P7). Credit goes back as the user takes. After a cut it subscribes again from
 * the exact record and incarnation (P4).
 *
 * When the reader is done it unsubscribes at once, so that another may read the stream. Commits that have no answer then,
 * and those that come later, are calls, and it stays with the connection until the cursor has moved.
 */
export class Subscription implements SegmentListener {
  readonly #connection: Connection;
  readonly #options: SubscriptionOptions;
  readonly #id: number;
  readonly #retry: Retry;
  readonly #committer = new CursorCommitter();
  readonly #arrivals: Arrivals;
  readonly #opened = Promise.withResolvers<void>();
  #attached = false;
  #link: Link | undefined;
  #phase: 'shut' | 'asked' | 'open' = 'shut';
  #chain: Chain | undefined;
  #start: number | undefined;
  #incarnation: string | undefined;
  #creditBytes: number;

  constructor(connection: Connection, options: SubscriptionOptions) {
    const { world, backoff, limits } = connection.options;
    this.#connection = connection;
    this.#options = options;
    this.#creditBytes = options.creditBytes;
    // One frame may overdraw the credit.
    this.#arrivals = new Arrivals(options.creditBytes + limits.frameBytesMax);
    this.#retry = new Retry(world, backoff);
    this.#opened.promise.catch(() => undefined);
    this.#id = connection.nextId();
    checkMessage(this.#subscribeMessage(), limits);
    this.#attach();
  }

  /** Settles when the server has answered for the first time. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Offset at which the subscription began, once the server has said so. */
  get start(): number | undefined {
    return this.#start;
  }

  /** Why nothing more comes, though not everything may have been taken yet. */
  get ended(): EndReason | undefined {
    return this.#arrivals.ended;
  }

  /** Settles with the next arrival, or `undefined` when there will be none. Rejects after the last good arrival. */
  next(): Promise<Arrival | undefined> {
    return this.#arrivals.next();
  }

  /** The user is done with an arrival: its credit goes back, a quarter of all at a time. */
  done(arrival: Arrival): void {
    this.#arrivals.done(arrival);
    this.#returnCredit();
  }

  /** Moves the cursor. */
  commit(offset: number): Promise<void> {
    if (this.#options.cursor === undefined || this.#chain === undefined) {
      const why = this.#options.cursor === undefined ? 'The reader has no cursor' : 'Nothing was read yet';
      return Promise.reject(new PacketboatError('badRequest', why));
    }
    if (this.#arrivals.error !== undefined) return Promise.reject(this.#arrivals.error);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      return Promise.reject(new PacketboatError('badRequest', `${offset} is not an offset`));
    }
    if (offset > this.#chain.offset) {
      const why = `Offset ${offset} is past ${this.#chain.offset}, to which records have come`;
      return Promise.reject(new PacketboatError('cursorAhead', why));
    }
    const committed = this.#committer.commit(offset);
    if (!this.#attached) this.#attach();
    return committed;
  }

  /** Ends it: what was not taken is dropped. */
  stop(error?: PacketboatError): void {
    this.#end('stopped', error);
    this.#arrivals.stop(error);
  }

  up(link: Link, limits: Limits): void {
    if (this.ended !== undefined) return;
    this.#link = link;
    this.#creditBytes = Math.min(this.#options.creditBytes, limits.creditBytesMax);
    this.#subscribe();
  }

  down(): void {
    if (this.ended !== undefined) return;
    this.#link = undefined;
    this.#shut();
  }

  over(error: PacketboatError): void {
    this.#retry.cancel();
    this.#committer.over(error);
    this.#end('stopped', error);
    this.#detachIfDone();
  }

  segment(frame: SegmentFrame): void {
    if (this.#phase !== 'open' || this.#chain === undefined) return;
    this.#arrivals.hold(frame.batches.length);
    let segment: CheckedSegment;
    try {
      segment = this.#chain.take(frame);
    } catch (error) {
      // Not a matter for another try: what the user relies on does not hold. They are told, after the last good record.
      return this.#end('stopped', error as PacketboatError);
    }
    this.#retry.reset();
    this.#arrivals.add({ kind: 'segment', segment, bytes: frame.batches.length });
  }

  heard(message: SubscriptionMessage): void {
    // Left from the subscription that was given up.
    if (this.ended !== undefined) return;
    switch (message.type) {
      case 'subscribed':
        return this.#subscribed(message);
      case 'error':
        return this.#refused(wireError(message));
      case 'committed':
        return this.#committer.committed(message.offset);
      default:
        if (this.#phase === 'open') this.#toldInOrder(message);
    }
  }

  /** Gaps and ends keep their place among the segments, so they must fit where we are. */
  #toldInOrder(message: SubscriptionMessage & { readonly type: 'gap' | 'caughtUp' | 'ended' }): void {
    const offset = this.#chain?.offset;
    const at = message.type === 'gap' ? message.from : message.offset;
    if (at !== offset) throw badFrame(`${message.type} at ${at} came where ${offset} was next`);
    this.#retry.reset();
    switch (message.type) {
      case 'gap': {
        const { from, to, count, reason } = message;
        if (to <= from) throw badFrame(`a gap from ${from} to ${to}`);
        this.#arrivals.hold(gapBytes);
        this.#chain?.jump(to);
        return this.#arrivals.add({ kind: 'gap', gap: { from, to: to - 1, count, reason }, bytes: gapBytes });
      }
      case 'caughtUp':
        if (this.#options.untilCaughtUp) this.#end('caughtUp');
        return;
      case 'ended':
        this.#end(message.reason === 'deleted' ? 'deleted' : 'closed');
    }
  }

  #returnCredit(): void {
    if (this.#phase !== 'open') return;
    const bytes = this.#arrivals.takeFreed(this.#creditBytes / 4);
    if (bytes !== undefined) this.#link?.send({ type: 'credit', sub: this.#id, bytes });
  }

  #subscribed(message: SubscriptionMessage & { readonly type: 'subscribed' }): void {
    if (this.#phase !== 'asked') throw badFrame('it opened a subscription that it was not asked for');
    const { limits, world } = this.#connection.options;
    const incarnation = this.#incarnation ?? message.incarnation;
    const from = this.#chain?.offset ?? startingOffset(this.#options.from) ?? message.from;
    if (message.incarnation !== incarnation || message.from !== from) {
      throw badFrame(
        `it began at ${message.from} of ${quoted(message.incarnation)}, not at ${from} of ${quoted(incarnation)}`,
      );
    }
    this.#chain ??= new Chain(from, world.crc32, limits);
    this.#start ??= from;
    this.#incarnation = incarnation;
    this.#phase = 'open';
    this.#opened.resolve();
    this.#committer.open((offset) => this.#link?.send({ type: 'commit', sub: this.#id, offset }));
    // What the user took while we asked was not yet taken when we said what we can hold.
    this.#returnCredit();
  }

  /** The answer to a `subscribe` or a `commit`, or the end of an open subscription. */
  #refused(error: PacketboatError): void {
    if (error.row.retryable) {
      this.#shut();
      this.#retry.later(() => this.#subscribe(), error.retryAfterMs);
      return;
    }
    if (this.#phase === 'open' && this.#committer.isAsking && commitCodes.has(error.code)) {
      return this.#committer.refused(error);
    }
    this.#committer.over(error);
    if (deletedCodes.has(error.code) && this.#chain !== undefined) this.#end('deleted');
    else this.#end('stopped', error);
  }

  /** Unsubscribes; what is yet to be committed goes by calls. */
  #end(reason: EndReason, error?: PacketboatError): void {
    if (this.ended !== undefined) return;
    this.#arrivals.end(reason, error);
    this.#opened.reject(error ?? new PacketboatError('aborted', 'The reader was closed'));
    this.#link?.send({ type: 'unsubscribe', sub: this.#id });
    this.#link = undefined;
    this.#shut();
    this.#commitByCalls();
    this.#detachIfDone();
  }

  #commitByCalls(): void {
    this.#committer.open((offset) => void this.#moveCursor(offset));
  }

  async #moveCursor(offset: number): Promise<void> {
    const { stream, cursor } = this.#options;
    try {
      const params = { stream, cursor, offset, incarnation: this.#incarnation };
      // To move it where it is already is no error.
      await this.#connection.options.calls.call('cursors.move', params, { repeatable: true });
      this.#retry.reset();
      this.#committer.committed(offset);
    } catch (error) {
      this.#notMoved(error as PacketboatError);
    }
    this.#detachIfDone();
  }

  #notMoved(error: PacketboatError): void {
    if (!error.row.retryable) return this.#committer.refused(error);
    this.#committer.shut();
    this.#retry.later(() => this.#commitByCalls(), error.retryAfterMs);
  }

  #subscribe(): void {
    if (this.#link === undefined) return;
    // What is left of an earlier subscription on this link goes first; if there is none, this is no error.
    if (this.#phase === 'shut' && this.#retry.attempt > 0) this.#link.send({ type: 'unsubscribe', sub: this.#id });
    this.#phase = 'asked';
    // What was freed is part of the credit that this message asks for.
    this.#arrivals.takeFreed(0);
    this.#link.send(this.#subscribeMessage());
  }

  #subscribeMessage(): ClientMessage {
    const { stream, cursor, from } = this.#options;
    return {
      type: 'subscribe',
      sub: this.#id,
      stream,
      from: this.#chain === undefined ? from : { at: 'offset', offset: this.#chain.offset },
      cursor,
      incarnation: this.#incarnation,
      credit: Math.max(0, this.#creditBytes - this.#arrivals.creditBytes),
    };
  }

  #shut(): void {
    this.#retry.cancel();
    this.#phase = 'shut';
    this.#committer.shut();
  }

  #attach(): void {
    this.#attached = true;
    this.#connection.addSubscription(this.#id, this);
  }

  /** Leaves the connection when there is nothing to commit either. */
  #detachIfDone(): void {
    if (!this.#attached || !this.#committer.isIdle) return;
    this.#attached = false;
    this.#connection.removeSubscription(this.#id);
  }
}
