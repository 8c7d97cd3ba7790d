import type { Client, CreateStreamOptions, Reader, ReadRecord } from '@packetboat/client';
import type { Life } from '../kernel/life.ts';
import type { EndingRecord } from '../observation.ts';
import type { Simulation } from '../simulation.ts';
import { ClientNode } from './client_node.ts';
import { ensureStream } from './ensure_stream.ts';

const decoder = new TextDecoder();

/** What a {@linkcode ReaderNode} does. */
export interface ReaderWork {
  readonly stream: string;
  readonly created: CreateStreamOptions;
  /** Its durable cursor, moved after every so many records; without one it begins anew in each life. */
  readonly cursor: { readonly name: string; readonly every: number } | undefined;
  readonly creditBytes: number;
  /** Whether its lives share one session. */
  readonly keepsSession: boolean;
}

/** Reads a stream until it is stopped. */
export class ReaderNode extends ClientNode {
  readonly work: ReaderWork;
  /** The furthest cursor it has asked for. */
  #asked = 0;
  #reader: Reader | undefined;

  constructor(simulation: Simulation, name: string, servers: readonly string[], work: ReaderWork) {
    super(simulation, name, servers, work.keepsSession);
    this.work = work;
  }

  /** How far it has come in this life; `undefined` before it knows where it begins. */
  get reached(): number | undefined {
    return this.#reader?.position?.offset;
  }

  protected override died(): void {
    this.#reader = undefined;
  }

  protected override async main(client: Client, life: Life, run: number): Promise<void> {
    const { stream, created, cursor, creditBytes } = this.work;
    const { simulation, name } = this;
    await ensureStream(client, life.world.timers, stream, created);
    const reader = client.read(stream, { creditBytes, ...(cursor !== undefined && { cursor: cursor.name }) });
    this.#reader = reader;
    simulation.observe('readingBegan', { stream, reader: name, run, cursor: cursor?.name });
    let sinceCommit = 0;
    let first = true;
    for await (const record of reader) {
      if (!life.alive) return;
      if (first && record.offset < this.#asked) simulation.sometimes.note('cursorReplayed');
      first = false;
      if (record.gap !== undefined) simulation.sometimes.note(record.bytes.length === 0 ? 'gapTold' : 'gapStored');
      simulation.observe('delivered', { stream, reader: name, run, record });
      this.#remember(record);
      sinceCommit += 1;
      if (cursor === undefined || sinceCommit < cursor.every) continue;
      sinceCommit = 0;
      const move = { stream, cursor: cursor.name, offset: record.offset + 1 };
      this.#asked = move.offset;
      simulation.observe('committing', move);
      await reader.commit();
      if (life.alive) simulation.observe('committed', move);
    }
  }

  /** A gap that the server tells is no record. */
  #remember({ offset, gap, bytes }: ReadRecord): void {
    if (bytes.length === 0) return;
    const { read } = this.simulation;
    const records = read.get(this.work.stream) ?? new Map<number, EndingRecord>();
    read.set(this.work.stream, records.set(offset, { gap: gap !== undefined, text: decoder.decode(bytes) }));
  }
}
