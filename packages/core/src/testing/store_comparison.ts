import assert from 'node:assert/strict';
import type { Batch } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import type {
  Absence,
  AppendOutcome,
  AppendRequest,
  CreateOptions,
  ForkPoint,
  Lifetime,
  Proof,
  Store,
  StreamInfo,
} from '../store.ts';
import { KnownChecksums } from './known_checksums.ts';
import { MapComparison } from './map_comparison.ts';
import { readAll, recordsFrom } from './read_all.ts';
import { type AppendPlan, type ForkPlan, type LifetimePlan, type StoreCommand, streamNames } from './store_commands.ts';
import { batchOf } from './store_tester.ts';
import { TimeComparison } from './time_comparison.ts';
import type { VirtualWorld } from './virtual_world.ts';

/** A request as each store gets it: they differ in the incarnation only. */
interface TwinRequest {
  readonly oracle: AppendRequest;
  readonly engine: AppendRequest;
}

/**
 * Does the same to two stores and compares every answer, modulo what engines may choose: ids of stores and incarnations,
 * authentications, times, and where one segment ends and the next begins.
 *
 * It does not verify: retention, limits, failures of the disk, timing.
 */
export class StoreComparison {
  readonly #oracle: Store;
  #engine: Store;
  readonly #reopen: (() => Promise<Store>) | undefined;
  /** The engine's incarnation for the oracle's. */
  readonly #incarnations = new Map<string, string>();
  /** By the engine's incarnations. */
  readonly #checksums = new KnownChecksums();
  readonly #maps = new MapComparison();
  readonly #virtual: VirtualWorld;
  readonly #times: TimeComparison;
  readonly #sent: { stream: string; batch: Batch }[] = [];
  /** A listener must not throw: what it found wrong waits for {@linkcode finish}. */
  #listenerFault: string | undefined;
  /** What the engine's listener heard: where each incarnation's first segment began, and where the last one ended. */
  readonly #told = new Map<string, { from: number; offset: number; checksum: number }>();

  /** @param virtual What both stores go by. */
  constructor(oracle: Store, engine: Store, virtual: VirtualWorld, reopen: (() => Promise<Store>) | undefined) {
    this.#virtual = virtual;
    this.#times = new TimeComparison(virtual);
    this.#oracle = oracle;
    this.#engine = engine;
    this.#reopen = reopen;
    this.#listen();
  }

  async run(command: StoreCommand): Promise<void> {
    switch (command.kind) {
      case 'append':
        return this.#append(command.appends);
      case 'create':
        return this.#create(command);
      case 'info':
        return this.#both((store) => store.log.info(command.stream));
      case 'close':
        return this.#both((store) => store.log.close(command.stream));
      case 'delete':
        assert.equal(await this.#engine.log.delete(command.stream), await this.#oracle.log.delete(command.stream));
        return;
      case 'trim': {
        const before = Math.floor((await this.#tail(command.stream)) * command.at);
        return this.#trim(command.stream, before);
      }
      case 'read':
        return this.#read(command.stream, Math.floor((await this.#tail(command.stream)) * command.at));
      case 'list': {
        const list = (store: Store) => store.log.list(command.prefix, command.after, command.limit);
        const [oracle, engine] = [await list(this.#oracle), await list(this.#engine)];
        assert.deepEqual(
          engine.map(({ stream }) => stream),
          oracle.map(({ stream }) => stream),
        );
        return;
      }
      case 'reopen':
        if (this.#reopen !== undefined) this.#engine = await this.#reopen();
        this.#times.reopened(this.#oracle, this.#engine);
        return this.#listen();
      case 'wait':
      case 'touch':
      case 'offsetAtTime':
        return this.#times.run(command, this.#oracle, this.#engine);
      default:
        return this.#maps.run(command, this.#oracle.map, this.#engine.map);
    }
  }

  /** Compares everything the stores hold. */
  async finish(): Promise<void> {
    assert.equal(this.#listenerFault, undefined);
    for (const stream of streamNames) {
      await this.#both((store) => store.log.info(stream));
      await this.#read(stream, 0);
      for (const id of ['p', 'q', '__proto__']) {
        assert.deepEqual(
          await this.#engine.log.producer(stream, id),
          await this.#oracle.log.producer(stream, id),
          `producer ${id} of ${stream}`,
        );
      }
      const info = await this.#engine.log.info(stream);
      if (typeof info === 'string') continue;
      const { offset, checksum } = this.#told.get(info.incarnation) ?? { offset: 0, checksum: 0 };
      assert.deepEqual([offset, checksum], [info.tail, info.checksum], 'the listener was not told everything');
    }
    const everything = { kind: 'listMap', prefix: '', after: undefined, limit: 1_000 } as const;
    await this.#maps.run(everything, this.#oracle.map, this.#engine.map);
  }

  async #create({ stream, first, fork, lifetime }: StoreCommand & { kind: 'create' }): Promise<void> {
    const options: CreateOptions = {
      ...(lifetime !== undefined && { lifetime: this.#lifetime(lifetime) }),
      ...(fork === undefined ? { contentType: 'text/plain' } : { fork: await this.#forkPoint(fork) }),
      ...(first && { first: batchOf(['first', '']) }),
    };
    const oracle = await this.#oracle.log.create(stream, options);
    const engine = await this.#engine.log.create(stream, options);
    assert.equal(engine.kind, oracle.kind);
    if (oracle.kind === 'refused' || engine.kind === 'refused') {
      assert.deepEqual({ ...engine, message: '' }, { ...oracle, message: '' });
      return;
    }
    if (oracle.kind === 'created') await this.#learnCreated(oracle.info, engine.info, options);
    this.#sameInfo(oracle.info, engine.info);
  }

  #lifetime(plan: LifetimePlan): Lifetime {
    if ('ttlMs' in plan) return { ttlMs: plan.ttlMs };
    return { expiresAtMs: Number(this.#virtual.world.clock.wallNs() / 1_000_000n) + plan.inMs };
  }

  /** A point that both stores have not trimmed, or that both refuse. */
  async #forkPoint({ stream, at, subOffset }: ForkPlan): Promise<ForkPoint> {
    const infos = [await this.#oracle.log.info(stream), await this.#engine.log.info(stream)];
    const [{ tail } = { tail: 1 }] = infos.filter((info) => typeof info === 'object');
    const first = Math.max(...infos.map((info) => (typeof info === 'object' ? info.first : 0)));
    return { stream, subOffset, ...(at !== undefined && { offset: Math.ceil(first + (tail - first) * at) }) };
  }

  /** Notes which incarnations correspond, and what a fork's checksums are: at its source's boundaries and its own. */
  async #learnCreated(oracle: StreamInfo, engine: StreamInfo, { first, fork }: CreateOptions): Promise<void> {
    this.#incarnations.set(oracle.incarnation, engine.incarnation);
    this.#checksums.set(engine.incarnation, engine.tail, engine.checksum);
    const begun = oracle.tail - (first?.count ?? 0);
    if (fork !== undefined) {
      const source = await this.#engine.log.info(fork.stream);
      assert(typeof source === 'object');
      assert.equal(engine.lineage, source.lineage);
      const held = await readAll(this.#oracle, oracle.stream, oracle.first);
      assert(held.kind === 'segments');
      this.#checksums.inherit(engine.incarnation, source.incarnation, begun, held.segments);
    }
    const told = this.#told.get(engine.incarnation);
    assert.equal(told?.from, first === undefined ? undefined : begun, 'a creation was told wrongly');
    if (told !== undefined) return;
    this.#told.set(engine.incarnation, { from: begun, offset: begun, checksum: engine.checksum });
  }

  /** Starts the appends in one turn, so that engines may commit them together. */
  async #append(plans: readonly AppendPlan[]): Promise<void> {
    const due = new Map<string, { epoch: number; sequence: number }>();
    const requests: TwinRequest[] = [];
    for (const plan of plans) requests.push(await this.#request(plan, due));
    const oracles = await Promise.all(requests.map(({ oracle }) => this.#oracle.log.append(oracle)));
    const engines = await Promise.all(requests.map(({ engine }) => this.#engine.log.append(engine)));
    for (const [index, oracle] of oracles.entries()) {
      const engine = engines[index];
      const batch = requests[index]?.oracle.batch;
      assert(engine !== undefined && batch !== undefined);
      this.#learn(oracle, engine, batch);
    }
    for (const [index, oracle] of oracles.entries()) {
      const engine = engines[index];
      assert(engine !== undefined);
      await this.#sameAppend(oracle, engine);
    }
  }

  async #request(plan: AppendPlan, due: Map<string, { epoch: number; sequence: number }>): Promise<TwinRequest> {
    const batch = await this.#batch(plan, due);
    this.#sent.push({ stream: plan.stream, batch });
    const info = await this.#oracle.log.info(plan.stream);
    const [tail, right] = typeof info === 'string' ? [0, undefined] : [info.tail, info.incarnation];
    const request: AppendRequest = {
      stream: plan.stream,
      batch,
      key: plan.key,
      keyMs: plan.keyMs,
      streamSeq: plan.streamSeq,
      contentType: plan.contentType,
      expectedOffset: plan.expectedOffset === 'tail' ? tail : plan.expectedOffset,
      create: plan.create ? { contentType: 'text/plain' } : undefined,
    };
    if (plan.incarnation === undefined) return { oracle: request, engine: request };
    if (plan.incarnation === 'wrong') {
      const wrong = { ...request, incarnation: 'wrong' };
      return { oracle: wrong, engine: wrong };
    }
    const engineRight = right === undefined ? undefined : this.#incarnations.get(right);
    return { oracle: { ...request, incarnation: right }, engine: { ...request, incarnation: engineRight } };
  }

  async #batch(plan: AppendPlan, due: Map<string, { epoch: number; sequence: number }>): Promise<Batch> {
    const { stream, producer: id, texts, close } = plan;
    if (id === undefined) return batchOf(texts, { close });
    if (plan.how === 'again') {
      const earlier = this.#sent.filter((sent) => sent.stream === stream && sent.batch.producer?.id === id);
      const sent = earlier[plan.sequence % Math.max(1, earlier.length)];
      if (sent !== undefined) return sent.batch;
    }
    if (plan.how === 'wild') {
      return batchOf(texts, { close, producer: { id, epoch: plan.epoch, sequence: plan.sequence } });
    }
    const place = JSON.stringify([stream, id]);
    const last = due.get(place) ?? (await this.#oracle.log.producer(stream, id)) ?? { epoch: 0, sequence: -1 };
    const next = { epoch: last.epoch, sequence: last.sequence + 1 };
    due.set(place, next);
    return batchOf(texts, { close, producer: { id, ...next } });
  }

  /** Notes what an append tells: which incarnations correspond, and the checksum after the batch. */
  #learn(oracle: AppendOutcome, engine: AppendOutcome, batch: Batch): void {
    assert.equal(engine.kind, oracle.kind, JSON.stringify({ oracle, engine }));
    if (oracle.kind !== 'appended' || engine.kind !== 'appended') return;
    const known = this.#incarnations.get(oracle.incarnation);
    if (known === undefined) this.#incarnations.set(oracle.incarnation, engine.incarnation);
    const before = this.#checksums.at(engine.incarnation, oracle.offset);
    this.#checksums.set(engine.incarnation, oracle.offset + batch.count, crc32(batch.payload, before));
  }

  async #sameAppend(oracle: AppendOutcome, engine: AppendOutcome): Promise<void> {
    if (oracle.kind === 'refused' || engine.kind === 'refused') {
      assert.deepEqual(
        { ...engine, message: '' },
        { ...oracle, message: '' },
        'the stores refused for different reasons',
      );
      return;
    }
    assert.equal(engine.offset, oracle.offset);
    assert.equal(engine.incarnation, this.#incarnations.get(oracle.incarnation));
    await this.#checkProof(engine.proof, oracle.proof, engine.incarnation);
  }

  async #checkProof(proof: Proof, oracle: Proof, incarnation: string): Promise<void> {
    assert.deepEqual(
      [proof.storeId, proof.stream, proof.incarnation, proof.durability],
      [this.#engine.id, oracle.stream, incarnation, this.#engine.durability],
    );
    assert(proof.offset <= oracle.offset, 'a proof names more records than were appended');
    assert.equal(proof.checksum, this.#checksums.at(incarnation, proof.offset));
    const info = await this.#engine.log.info(proof.stream);
    const current = typeof info === 'object' && info.incarnation === incarnation;
    assert.equal(await this.#engine.log.witness(proof), current ? 'consistent' : 'wrongStore');
  }

  async #both(ask: (store: Store) => Promise<StreamInfo | Absence>): Promise<void> {
    const [oracle, engine] = [await ask(this.#oracle), await ask(this.#engine)];
    if (typeof oracle === 'string' || typeof engine === 'string') assert.equal(engine, oracle);
    else this.#sameInfo(oracle, engine);
  }

  async #trim(stream: string, before: number): Promise<void> {
    const earlier = await this.#engine.log.info(stream);
    await this.#both((store) => store.log.trim(stream, before));
    const later = await this.#engine.log.info(stream);
    if (typeof earlier === 'string' || typeof later === 'string') return;
    assert(later.first >= earlier.first && later.first <= Math.max(earlier.first, before), 'a trim cut too much');
    if (before === later.tail) assert.equal(later.first, before, 'a trim of everything left something');
  }

  /** Where a trim cuts depends on the segments: the engine may keep more or less, but cuts at a batch's end. */
  #sameInfo(oracle: StreamInfo, engine: StreamInfo): void {
    const { first, firstChecksum, incarnation } = engine;
    assert.equal(incarnation, this.#incarnations.get(oracle.incarnation));
    assert(first <= engine.tail);
    assert.equal(firstChecksum, this.#checksums.at(incarnation, first));
    const chosen = {
      first,
      firstChecksum,
      incarnation,
      lineage: engine.lineage,
      bytes: engine.bytes,
      createdNs: engine.createdNs,
    };
    assert.deepEqual(engine, { ...oracle, ...chosen });
  }

  async #read(stream: string, from: number): Promise<void> {
    const [oracle, engine] = [await readAll(this.#oracle, stream, from), await readAll(this.#engine, stream, from)];
    if (oracle.kind === 'trimmed' || engine.kind === 'trimmed') {
      const firsts = [oracle, engine].map((outcome) => ('info' in outcome ? outcome.info.first : 0));
      const both = Math.max(...firsts);
      for (const [index, outcome] of [oracle, engine].entries()) {
        assert.equal(outcome.kind === 'trimmed', from < (firsts[index] ?? 0));
      }
      return this.#read(stream, both);
    }
    assert.equal(engine.kind, oracle.kind);
    if (engine.kind !== 'segments' || oracle.kind !== 'segments') return;
    this.#sameInfo(oracle.info, engine.info);
    assert.deepEqual(recordsFrom(engine.segments, from), recordsFrom(oracle.segments, from));
  }

  async #tail(stream: string): Promise<number> {
    const info = await this.#oracle.log.info(stream);
    return typeof info === 'string' ? 1 : info.tail;
  }

  /** Segments must be told one after the other, without holes. */
  #listen(): void {
    this.#engine.log.listen({
      segment: (segment) => {
        const { incarnation, base, count, checksumBefore, checksumAfter } = segment;
        const last = this.#told.get(incarnation) ?? { from: base, offset: base, checksum: checksumBefore };
        if (base !== last.offset || checksumBefore !== last.checksum) {
          this.#listenerFault ??= `the listener was told ${base} where ${last.offset} was next`;
        }
        this.#told.set(incarnation, { from: last.from, offset: base + count, checksum: checksumAfter });
      },
      trimmed: () => undefined,
      deleted: () => undefined,
    });
  }
}
