import {
  type Limits,
  PacketboatError,
  type SegmentFrame,
  type SequenceMessage,
  type ServerMessage,
  type WhenExpired,
  type World,
} from '@packetboat/core';
import { onAbort } from './abort.ts';
import type { Backoff } from './backoff.ts';
import type { Calls } from './calls.ts';
import { ClientSessions } from './client_sessions.ts';
import { Link } from './link.ts';
import type { ChannelMessage, Listener, Participant, SegmentListener } from './participant.ts';
import { Retry } from './retry.ts';
import type { Welcome } from './session_limits.ts';
import type { SessionKeeper } from './session_keeper.ts';
import { type Status, type StatusChange, type StatusEvent, statusText } from './status.ts';
import type { WebSocketConstructor } from './web_socket.ts';

/** What a {@linkcode Connection} needs. */
export interface ConnectionOptions {
  readonly url: string;
  readonly webSocket: WebSocketConstructor;
  readonly world: World;
  readonly limits: Limits;
  readonly backoff: Backoff;
  readonly client: string;
  readonly auth: string | undefined;
  readonly keeper: SessionKeeper | undefined;
  readonly whenExpired: WhenExpired;
  readonly signal: AbortSignal | undefined;
  readonly onStatus: (event: StatusEvent) => void;
  /** The part of calls: told what no channel and no subscription is told. */
  readonly calls: Calls;
}

/**
 * The connection that comes back: one link at a time, for ever, with backoff, in the same session while the server
 * knows it. Three things end it: `close()`, a `refused` whose code says that coming back cannot help, and another
 * connection that took over the session. However else a link ends (a cut, a close code, bytes that make no sense), it is
 * tried again, because the next first frame says whether we are in.
 *
 * It hands what the server says to the participant it is about. What is about nobody is left from a
 * participant that went away, and is dropped.
 */
export class Connection {
  readonly options: ConnectionOptions;
  readonly #retry: Retry;
  readonly #sessions: ClientSessions;
  readonly #opened = Promise.withResolvers<Welcome>();
  #status: Status = 'closed';
  #link: Link | undefined;
  /** Set while a link is up. */
  #session: { readonly link: Link; readonly limits: Limits; readonly sinceMs: number } | undefined;
  #over: PacketboatError | undefined;
  #forgetSignal = (): void => undefined;
  #lastId = 0;
  readonly #channels = new Map<number, Listener<ChannelMessage>>();
  readonly #subscriptions = new Map<number, SegmentListener>();
  #sequence: Listener<SequenceMessage> | undefined;
  /** Which subscription this link's segments are for, by stream number. */
  readonly #subscriptionOfNumber = new Map<number, SegmentListener>();

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.#retry = new Retry(options.world, options.backoff);
    const { keeper, whenExpired } = options;
    const { random } = options.world;
    this.#sessions = new ClientSessions({ keeper, whenExpired, random, failed: (error) => void this.close(error) });
    this.#opened.promise.catch(() => undefined);
    // The session of a program that is told to stop is for its next life.
    this.#forgetSignal = onAbort(options.signal, (error) => void this.close(error, keeper === undefined));
  }

  get status(): Status {
    return this.#status;
  }

  /** Settles with the first welcome; rejects when the connection is over before. */
  get opened(): Promise<Welcome> {
    return this.#opened.promise;
  }

  /** Finds the session of an earlier life, and makes the first attempt. */
  async open(): Promise<void> {
    await this.#sessions.load();
    this.#attempt();
  }

  #attempt(): void {
    if (this.#over !== undefined) return;
    const { url, webSocket, world, limits, client, auth } = this.options;
    const link = new Link({
      url,
      webSocket,
      world,
      limits,
      client,
      auth,
      resume: this.#sessions.resume(),
      handler: {
        welcomed: (welcome, agreed) => this.#welcomed(link, welcome, agreed),
        message: (message) => this.#heard(message),
        segment: (frame) => this.#segment(frame),
        ended: (error, refused) => this.#ended(error, refused),
      },
    });
    this.#link = link;
    // Last, because who is told may close us.
    this.#tell({ status: 'connecting', attempt: this.#retry.attempt });
  }

  /**
   * Gives up the connection; settles when the socket is closed.
   *
   * @param endsSession Whether nobody is to go on in it.
   */
  async close(error = new PacketboatError('aborted', 'The client was closed'), endsSession = true): Promise<void> {
    const link = this.#link;
    if (endsSession && this.#over === undefined) this.#sessions.closed();
    this.#finish(error);
    await link?.close(endsSession);
    await this.#sessions.saved;
  }

  /** A number that no other participant of this connection ever has. */
  nextId(): number {
    return ++this.#lastId;
  }

  addChannel(id: number, channel: Listener<ChannelMessage>): void {
    this.#channels.set(id, channel);
    this.#bringUp(channel);
  }

  addSubscription(id: number, subscription: SegmentListener): void {
    this.#subscriptions.set(id, subscription);
    this.#bringUp(subscription);
  }

  /** @throws {PacketboatError} `limitReached` while there is another. */
  addSequence(sequence: Listener<SequenceMessage>): void {
    if (this.#sequence !== undefined) {
      throw new PacketboatError('limitReached', 'A session has one sequence at a time: wait until the other has ended');
    }
    this.#sequence = sequence;
    this.#bringUp(sequence);
  }

  removeSequence(): void {
    this.#sequence = undefined;
  }

  removeChannel(id: number): void {
    this.#channels.delete(id);
  }

  removeSubscription(id: number): void {
    const subscription = this.#subscriptions.get(id);
    this.#subscriptions.delete(id);
    for (const [number, other] of this.#subscriptionOfNumber) {
      if (other === subscription) this.#subscriptionOfNumber.delete(number);
    }
  }

  #bringUp(part: Participant): void {
    if (this.#over !== undefined) part.over(this.#over);
    else if (this.#session !== undefined) part.up(this.#session.link, this.#session.limits);
  }

  /** Those who are here now: being told, they may come and go. */
  #participants(): Participant[] {
    const sequences = this.#sequence === undefined ? [] : [this.#sequence];
    return [...this.#channels.values(), ...this.#subscriptions.values(), ...sequences, this.options.calls];
  }

  #welcomed(link: Link, welcome: Welcome, limits: Limits): void {
    this.#sessions.welcomed(welcome);
    this.#session = { link, limits, sinceMs: this.options.world.clock.monotonicMs() };
    // Who waits for longer may come too late for the session.
    this.#retry.limit(welcome.windowMs / 2);
    for (const part of this.#participants()) part.up(link, limits);
    // Who is told that the session is there may rely on it, also after a crash.
    void this.#sessions.saved.then(() => this.#opened.resolve(welcome));
    // Last, as above.
    const { session, resumed } = welcome;
    this.#tell({ status: 'connected', session, resumed });
  }

  #ended(error: PacketboatError, refused: boolean): void {
    if (this.#over !== undefined) return;
    const session = this.#session;
    this.#session = undefined;
    this.#link = undefined;
    this.#subscriptionOfNumber.clear();
    const next = this.#sessions.ended(error, refused);
    if (next === 'over') return this.#finish(error);
    if (session !== undefined) {
      // A link that is cut as soon as it is up must not bring us back without pause: only one that held counts.
      this.#retry.heldFor(this.options.world.clock.monotonicMs() - session.sinceMs);
      for (const part of this.#participants()) part.down();
    }
    const attempt = () => this.#attempt();
    const retryInMs = next === 'renew' ? this.#retry.soon(attempt) : this.#retry.later(attempt, error.retryAfterMs);
    this.#tell({ status: 'waiting', attempt: this.#retry.attempt, retryInMs, reason: error });
  }

  #finish(error: PacketboatError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#forgetSignal();
    this.#session = undefined;
    this.#link = undefined;
    this.#retry.cancel();
    this.#opened.reject(error);
    for (const part of this.#participants()) part.over(error);
    this.#channels.clear();
    this.#subscriptions.clear();
    this.#sequence = undefined;
    this.#subscriptionOfNumber.clear();
    this.#tell({ status: 'closed', reason: error });
  }

  #heard(message: ServerMessage): void {
    switch (message.type) {
      case 'producing':
      case 'receipt':
      case 'rejected':
        this.#channels.get(message.channel)?.heard(message);
        return;
      case 'subscribed': {
        const subscription = this.#subscriptions.get(message.sub);
        if (subscription === undefined) return;
        this.#subscriptionOfNumber.set(message.number, subscription);
        return subscription.heard(message);
      }
      case 'gap':
      case 'caughtUp':
      case 'ended':
      case 'committed':
        this.#subscriptions.get(message.sub)?.heard(message);
        return;
      case 'sequenceBegun':
      case 'number':
      case 'sum':
      case 'sequenceEnded':
      case 'sequenceRefused':
        this.#sequence?.heard(message);
        return;
      case 'result':
        return this.options.calls.heard(message);
      case 'error':
        if (message.sub !== undefined) this.#subscriptions.get(message.sub)?.heard(message);
        else this.options.calls.heard(message);
    }
  }

  #segment(frame: SegmentFrame): void {
    this.#subscriptionOfNumber.get(frame.number)?.segment(frame);
  }

  #tell(change: StatusChange): void {
    this.#status = change.status;
    this.options.onStatus({ ...change, text: statusText(change) });
  }
}
