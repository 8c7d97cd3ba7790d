import {
  type Absence,
  type AppendOutcome,
  type AppendRequest,
  type CreateOptions,
  type CreateOutcome,
  type EngineListener,
  type EngineLog,
  hex,
  type Limits,
  openBatch,
  type Proof,
  type ReadOutcome,
  type Segment,
  type StreamInfo,
  sealBatch,
  type World,
} from '@packetboat/core';
import type { AppendResult, Change, ChangeResults } from './changes.ts';
import type { ProofSigner } from './proof_signer.ts';
import type { PackedSegments } from './questions.ts';
import { damaged } from './row_crc.ts';
import type { StoreBackend } from './store_threads.ts';
import { tables } from './tables.ts';

/** The embedded engine's Log: changes go to the storage thread, reads to the reader's. */
export class SqliteLog implements EngineLog {
  readonly #backend: StoreBackend;
  readonly #signer: ProofSigner;
  readonly #limits: Limits;
  readonly #world: World;
  #appended = { batches: 0, bytes: 0 };

  constructor(backend: StoreBackend, signer: ProofSigner, limits: Limits, world: World) {
    this.#backend = backend;
    this.#signer = signer;
    this.#limits = limits;
    this.#world = world;
  }

  /** Batches appended since the start, and their bytes. */
  get appended(): { readonly batches: number; readonly bytes: number } {
    return this.#appended;
  }

  listen(listener: EngineListener): void {
    this.#backend.listen(listener);
  }

  create(stream: string, options: CreateOptions = {}): Promise<CreateOutcome> {
    return this.#change({ kind: 'create', stream, options, newIncarnation: this.#newIncarnation() });
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const newIncarnation = request.create === undefined ? '' : this.#newIncarnation();
    const change: Change = { ...request, kind: 'append', newIncarnation };
    const { result, proofs } = await this.#backend.commit(change);
    const appended = result as AppendResult;
    if (appended.kind === 'refused') return appended;
    if (appended.kind === 'appended') {
      this.#appended.batches += 1;
      this.#appended.bytes += request.batch.bytes.length;
    }
    const { kind, incarnation, lineage, offset } = appended;
    return { kind, incarnation, lineage, offset, proof: proofs[appended.proof] } as AppendOutcome;
  }

  async read(stream: string, from: number, bytesMax: number): Promise<ReadOutcome> {
    const question = { kind: 'read', stream, from, bytesMax: Math.min(bytesMax, this.#limits.readBytesMax) } as const;
    const answer = await this.#readKnown(stream, async () => {
      const read = await this.#backend.read(question);
      return read.kind === 'notFound' ? read.kind : read;
    });
    if (typeof answer === 'string') return { kind: answer };
    if (answer.kind !== 'segments') return answer;
    const { kind, info } = answer;
    return { kind, info, segments: unpack(info, answer.segments, new Uint8Array(answer.bytes)) };
  }

  async info(stream: string): Promise<StreamInfo | Absence> {
    const info = await this.#backend.read({ kind: 'info', stream });
    return info === 'notFound' ? this.#backend.lookUp({ kind: 'info', stream }) : info;
  }

  list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]> {
    return this.#backend.lookUp({ kind: 'list', prefix, after, limit });
  }

  producer(stream: string, id: string): Promise<{ readonly epoch: number; readonly sequence: number } | undefined> {
    return this.#backend.lookUp({ kind: 'producer', stream, id });
  }

  close(stream: string): Promise<StreamInfo | Absence> {
    const { crc32 } = this.#world;
    const batch = openBatch(sealBatch({ records: [], close: true }, crc32), 0, crc32, this.#limits);
    return this.#change({ kind: 'close', stream, batch });
  }

  delete(stream: string): Promise<'deleted' | Absence> {
    return this.#change({ kind: 'delete', stream });
  }

  expire(stream: string, incarnation: string): Promise<'deleted' | Absence> {
    return this.#change({ kind: 'expire', stream, incarnation });
  }

  storeUse(stream: string, incarnation: string): Promise<'used' | Absence> {
    return this.#change({ kind: 'use', stream, incarnation });
  }

  offsetAtTime(stream: string, timeNs: bigint): Promise<number | Absence> {
    return this.#readKnown(stream, () => this.#backend.read({ kind: 'offsetAtTime', stream, timeNs }));
  }

  trim(stream: string, before: number): Promise<StreamInfo | Absence> {
    return this.#change({ kind: 'trim', stream, before });
  }

  acceptLoss(stream: string): Promise<StreamInfo | Absence> {
    return this.#change({ kind: 'acceptLoss', stream, newIncarnation: this.#newIncarnation() });
  }

  async witness(proof: Proof): Promise<'consistent' | 'lost' | 'wrongStore'> {
    if (!this.#signer.verify(proof)) return 'wrongStore';
    const { stream, incarnation, offset, checksum } = proof;
    return this.#change({ kind: 'witness', claim: { stream, incarnation, offset, checksum } });
  }

  /** Asks the reader. The writer knows every name, so a damaged index cannot pass for absence (F14). */
  async #readKnown<Answer>(stream: string, ask: () => Promise<Answer | 'notFound'>): Promise<Answer | Absence> {
    const answer = await ask();
    if (answer !== 'notFound') return answer;
    const info = await this.#backend.lookUp({ kind: 'info', stream });
    if (typeof info === 'string') return info;
    const again = await ask();
    if (again === 'notFound') throw damaged(tables.streams, [stream], 'it is missing');
    return again;
  }

  async #change<Kind extends Change['kind']>(change: Change & { kind: Kind }): Promise<ChangeResults[Kind]> {
    const { result } = await this.#backend.commit(change);
    return result as ChangeResults[Kind];
  }

  #newIncarnation(): string {
    return hex(this.#world.random.bytes(8));
  }
}

function unpack(info: StreamInfo, packed: PackedSegments, bytes: Uint8Array): Segment[] {
  const { stream, incarnation } = info;
  const segments: Segment[] = [];
  let start = 0;
  for (let at = 0; at < packed.length; at += 6) {
    const [base = 0, count = 0, checksumBefore = 0, checksumAfter = 0, length = 0, close = 0] = packed.slice(
      at,
      at + 6,
    );
    const batches = bytes.subarray(start, start + length);
    const known = { stream, incarnation, base, count, checksumBefore, checksumAfter };
    segments.push({ ...known, bytes: batches, close: close === 1 });
    start += length;
  }
  return segments;
}
