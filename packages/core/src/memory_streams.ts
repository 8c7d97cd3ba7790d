import { checkFirst } from './check_first.ts';
import { decideFork, type ForkRefused } from './decide_fork.ts';
import { assert, PacketboatError } from './errors.ts';
import { checkLifetime } from './lifetime.ts';
import type { Limits } from './limits.ts';
import { type Inheritance, MemoryStream } from './memory_stream.ts';
import { checkStreamName, compareNames, hex, quoted } from './names.ts';
import type { World } from './ports.ts';
import type { Absence, CreateOptions, ForkPoint } from './store.ts';

/** The memory engine's streams by name: which are there, which were deleted, and which of those forks still read. */
export class MemoryStreams {
  readonly #world: World;
  readonly #limits: Limits;
  readonly #streams = new Map<string, MemoryStream | 'gone'>();
  #living = 0;

  constructor(world: World, limits: Limits) {
    this.#world = world;
    this.#limits = limits;
  }

  /** Streams that are not deleted. */
  get living(): number {
    return this.#living;
  }

  find(name: string): MemoryStream | Absence {
    const found = this.#streams.get(name) ?? 'notFound';
    return typeof found === 'object' && found.deleted ? 'softDeleted' : found;
  }

  list(prefix: string, after: string | undefined, limit: number): MemoryStream[] {
    const wanted: MemoryStream[] = [];
    for (const [name, stream] of this.#streams) {
      const isAsked = name.startsWith(prefix) && (after === undefined || compareNames(name, after) > 0);
      if (isAsked && stream !== 'gone' && !stream.deleted) wanted.push(stream);
    }
    return wanted.toSorted((left, right) => compareNames(left.name, right.name)).slice(0, limit);
  }

  /**
   * A new stream with its first records, which nobody sees before {@linkcode add}. What its source took is sealed.
   *
   * @throws {PacketboatError} `badName`, `badRequest`, `limitReached`
   */
  make(name: string, options: CreateOptions): MemoryStream | ForkRefused {
    const { fork, first } = options;
    checkStreamName(name, this.#limits.streamNameBytesMax);
    checkLifetime(options.lifetime);
    checkFirst(first);
    const { streamsMax } = this.#limits;
    if (!this.#streams.has(name) && this.#streams.size >= streamsMax) {
      const message = `${quoted(name)} would be one name more than streamsMax ${streamsMax}; deleted names count`;
      throw new PacketboatError('limitReached', message);
    }
    const inheritance = fork === undefined ? undefined : this.#inherit(fork, options);
    if (inheritance !== undefined && 'kind' in inheritance) return inheritance;
    const stream = new MemoryStream(name, hex(this.#world.random.bytes(8)), options, this.#world, inheritance);
    if (first !== undefined) stream.takePlain(first);
    return stream;
  }

  add(stream: MemoryStream): void {
    this.#streams.set(stream.name, stream);
    this.#living += 1;
    if (stream.source !== undefined) stream.source.forks += 1;
  }

  /** Deletes a stream. What nobody reads any more is gone: one without forks, and then perhaps its source. */
  remove(stream: MemoryStream): void {
    stream.deleted = true;
    this.#living -= 1;
    let ended: MemoryStream | undefined = stream;
    while (ended?.deleted === true && ended.forks === 0) {
      this.#streams.set(ended.name, 'gone');
      ended = ended.source;
      if (ended !== undefined) ended.forks -= 1;
    }
  }

  #inherit(point: ForkPoint, options: CreateOptions): Inheritance | ForkRefused {
    const source = this.find(point.stream);
    const known = typeof source === 'string' ? source : { ...source.info, depth: source.depth };
    const decision = decideFork(known, point, options, this.#limits);
    if (decision.kind === 'refused') return decision;
    assert(typeof source === 'object', 'only a stream that is there can be forked');
    return source.inherit(decision.point);
  }
}
