import { encodeMessage, hex, type ResumeAttempt, type SessionIdentity, type World } from '@packetboat/core';
import type { Acting, Amount, Case, ConnectWish, GreetWish, RecordsWish, Step, Value, Waiting } from './case.ts';
import { makeBinary } from './make_binary.ts';
import { makePublish, recordText } from './make_publish.ts';
import { Peer, type Seen } from './peer.ts';
import { ServerCheck } from './server_check.ts';
import { Variables } from './variables.ts';

/** What was expected of a server, and what it did. */
export interface Failure {
  readonly expected: string;
  readonly seen: string;
}

/** What a {@linkcode CaseRun} needs. */
export interface CaseRunOptions {
  readonly url: string;
  readonly world: World;
  /** How long an answer may take. */
  readonly patienceMs: number;
}

/** A call's id that no case uses. */
const quietId = 2 ** 53 - 1;
/** Of texts in a verdict. */
const charactersMax = 300;

/** One run of one case: its connections, its variables, and what its steps do. */
export class CaseRun {
  readonly #options: CaseRunOptions;
  readonly #variables = new Variables();
  readonly #peers = new Map<string, Peer>();
  readonly #check = new ServerCheck();

  constructor(options: CaseRunOptions) {
    this.#options = options;
    const own = hex(options.world.random.bytes(8));
    this.#variables.set('stream', `conformance/${own}`);
    this.#variables.set('other', `conformance/${own}/other`);
    this.#variables.set('producer', `producer ${own}`);
    this.#variables.set('key', own);
  }

  /** Runs the steps up to the first that fails. */
  async run({ steps }: Case): Promise<(Failure & { readonly step: number }) | undefined> {
    try {
      for (const [index, step] of steps.entries()) {
        const failure = await this.#step(step);
        if (failure !== undefined) return { ...failure, step: index };
      }
      return undefined;
    } finally {
      await Promise.all([...this.#peers.values()].map((peer) => peer.leave()));
    }
  }

  async #step(step: Step): Promise<Failure | undefined> {
    if ('waitMs' in step) return this.#wait(step.waitMs);
    const { on = 'it' } = step;
    if ('greet' in step) return this.#greet(on, step.greet);
    if ('expect' in step) return this.#expect(on, step.expect, step);
    if ('until' in step) return this.#until(on, step.until, step);
    if ('records' in step) return this.#records(on, step);
    if ('quiet' in step) {
      this.#peer(on).send(encodeMessage({ type: 'call', id: quietId, method: 'store.health', params: {} }));
      return this.#expect(on, { type: 'result', id: quietId }, step);
    }
    if ('silentMs' in step) return this.#silent(on, step.silentMs);
    if ('closed' in step) return this.#closed(on, step.closed, step);
    if ('status' in step) return this.#status(on, step.status, step);
    if ('connect' in step) await this.#open(on, step.connect, {});
    else this.#act(this.#peer(on), step);
    return undefined;
  }

  #act(peer: Peer, step: Acting): void {
    if ('say' in step) peer.send(JSON.stringify(this.#variables.resolve(step.say)));
    else if ('text' in step) peer.send(step.text);
    else if ('binary' in step) this.#send(peer, [makeBinary(step.binary, this.#variables)]);
    else if ('raw' in step) peer.write(Buffer.from(step.raw, 'hex'));
    else if ('cut' in step) peer.cut(step.cut);
    else this.#send(peer, makePublish(step.publish, this.#variables));
  }

  /** Sends binary messages, with a heartbeat between them. */
  #send(peer: Peer, messages: readonly Uint8Array[]): void {
    this.#check.sends(messages);
    for (const [index, message] of messages.entries()) {
      if (index > 0) peer.send(encodeMessage({ type: 'heartbeat' }));
      peer.send(message);
    }
  }

  async #silent(on: string, forMs: Amount): Promise<Failure | undefined> {
    const seen = await this.#next(on, { withinMs: forMs });
    return seen === undefined ? undefined : { expected: 'nothing', seen: told(seen) };
  }

  async #closed(on: string, codes: readonly number[], waiting: Waiting): Promise<Failure | undefined> {
    const seen = await this.#next(on, waiting);
    if (seen?.kind === 'closed' && codes.includes(seen.code)) return undefined;
    return { expected: `the WebSocket closed with ${codes.join(' or ')}`, seen: told(seen) };
  }

  async #status(on: string, status: number, waiting: Waiting): Promise<Failure | undefined> {
    const seen = await this.#next(on, waiting);
    if (seen?.kind === 'status' && seen.status === status) return undefined;
    return { expected: `no WebSocket: HTTP status ${status}`, seen: told(seen) };
  }

  async #open(on: string, wish: ConnectWish, manner: GreetWish): Promise<Peer> {
    const { url, world } = this.#options;
    const { mute = false, still = false } = manner;
    await this.#peers.get(on)?.leave();
    const peer = new Peer({ url, world, reports: !mute, beats: !still }, wish);
    this.#peers.set(on, peer);
    await peer.opened();
    return peer;
  }

  async #greet(on: string, wish: GreetWish): Promise<Failure | undefined> {
    const peer = await this.#open(on, {}, wish);
    const { resume } = wish;
    const identity = resume && (this.#variables.resolve(resume) as SessionIdentity & ResumeAttempt);
    peer.send(encodeMessage({ type: 'hello', protocol: 1, client: 'conformance suite', resume: identity }));
    const welcome: Value = {
      type: 'welcome',
      resumed: identity !== undefined,
      ...(identity && { session: identity.session }),
    };
    const seen = await this.#next(on, {});
    if (seen?.kind !== 'message' || !this.#variables.matches(welcome, seen.message)) {
      return { expected: JSON.stringify(welcome), seen: told(seen) };
    }
    this.#variables.set(on, seen.message);
    return undefined;
  }

  async #expect(on: string, pattern: Value, waiting: Waiting): Promise<Failure | undefined> {
    const { type } = pattern as { type?: unknown };
    const seen = await this.#next(on, waiting, type);
    const isSo = seen?.kind === 'message' && this.#variables.matches(pattern, seen.message);
    return isSo ? undefined : { expected: JSON.stringify(pattern), seen: told(seen) };
  }

  async #until(on: string, pattern: Value, waiting: Waiting): Promise<Failure | undefined> {
    const { type } = pattern as { type?: unknown };
    for (;;) {
      const seen = await this.#next(on, waiting, type);
      if (seen?.kind === 'message' && this.#variables.matches(pattern, seen.message)) return undefined;
      const isEarlier = seen?.kind === 'message' && seen.message.type === type;
      if (!isEarlier) return { expected: JSON.stringify(pattern), seen: told(seen) };
    }
  }

  async #records(on: string, step: RecordsWish & Waiting): Promise<Failure | undefined> {
    const { records: wishes, closes } = step;
    const expected = wishes.map((wish) => recordText(wish, this.#variables));
    const got: string[] = [];
    let closed = false;
    while (got.length < expected.length) {
      const seen = await this.#next(on, step, 'no message');
      const failure = {
        expected: `records ${JSON.stringify(expected)}`,
        seen: `${JSON.stringify(got)}, then ${told(seen)}`,
      };
      if (seen?.kind !== 'segment') return failure;
      const taken = this.#check.segment(on, seen.frame);
      if ('wrong' in taken) return { ...failure, seen: taken.wrong };
      got.push(...taken);
      closed = seen.frame.close;
    }
    if (closes !== undefined && closes !== closed) {
      return { expected: `the last segment closes the stream: ${closes}`, seen: `${closed}` };
    }
    if (JSON.stringify(got) === JSON.stringify(expected)) return undefined;
    return { expected: `records ${JSON.stringify(expected)}`, seen: `records ${JSON.stringify(got)}` };
  }

  /** What is seen next, after the messages that may come before. */
  async #next(on: string, { past = [], withinMs }: Waiting, wanted?: unknown): Promise<Seen | undefined> {
    const patienceMs = withinMs === undefined ? this.#options.patienceMs : this.#variables.amount(withinMs);
    for (;;) {
      const seen = await this.#peer(on).next(patienceMs, wanted);
      const wrong = seen?.kind === 'message' ? this.#check.message(on, seen.message) : undefined;
      if (wrong !== undefined) return { kind: 'wrong', what: wrong };
      if (seen?.kind === 'segment' && past.includes('segment')) continue;
      if (seen?.kind !== 'message' || seen.message.type === wanted || !past.includes(seen.message.type)) return seen;
    }
  }

  #wait(amount: Amount): Promise<undefined> {
    const ms = this.#variables.amount(amount);
    return new Promise((resolve) => this.#options.world.timers.after(ms, () => resolve(undefined)));
  }

  #peer(on: string): Peer {
    const peer = this.#peers.get(on);
    if (peer === undefined) throw new RangeError(`The case has no connection "${on}"`);
    return peer;
  }
}

function told(seen: Seen | undefined): string {
  if (seen === undefined) return 'nothing';
  switch (seen.kind) {
    case 'message':
      return JSON.stringify(seen.message).slice(0, charactersMax);
    case 'segment':
      return `a segment of records ${seen.frame.base} … ${seen.frame.base + seen.frame.count}`;
    case 'closed':
      return `the WebSocket closed with ${seen.code}`;
    case 'status':
      return `HTTP status ${seen.status}`;
    default:
      return seen.what;
  }
}
