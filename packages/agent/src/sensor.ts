/**
 * The sensor: source → lines → spool. It only samples and stores; whether there is a server does not matter to it.
 *
 * Sampling and storing overlap: what is sampled while the disk syncs is stored by the next sync together, and the
 * source is asked for more only while little waits. When the disk or the spool is full, the sensor keeps what
 * it has and tries again until there is room; meanwhile a file or pipe waits where it is, and ticks of
 * a sampled source are skipped and counted. So nothing that was produced is lost, and it never crashes for want of space.
 */
import { PacketboatError, type RecordInput, type Spool, type World } from '@packetboat/core';
import { Backoff } from './backoff.ts';
import { Change } from './change.ts';
import { type DeadLetter, DeadLetters } from './dead_letters.ts';
import { checkSensorName } from './names.ts';
import { pause } from './pause.ts';
import { QuietTeller } from './quiet_teller.ts';
import { schedule, type Tick } from './schedule.ts';
import type { Source, SourceChunk } from './sources/source.ts';

/** Bytes that may wait for the spool before the source is not asked for more. */
const pendingBytesMax = 1_048_576;
/** Bytes of the chunks that are put into the spool at once; a spool has room for many times as much. */
const putBytesMax = 131_072;
const recordOverheadBytes = 64;
const retryFirstMs = 500;
const retryMostMs = 5_000;
/** A hole in the samples that a person is told about. */
const holeToldMs = 5_000;

const encoder = new TextEncoder();

/** Options of {@linkcode startSensor}. */
export interface SensorOptions {
  /** First field of every line; its stream is `sensors/<name>`. */
  readonly name: string;
  readonly source: Source;
  /** Closed by the caller, after `done`. */
  readonly spool: Pick<Spool, 'put' | 'mark'>;
  readonly world: World;
  /** Where lines go that are no records; the file is made when the first one comes. */
  readonly deadLetterPath: string;
  /** Time between samples of a source that samples. @default 1_000 */
  readonly intervalMs?: number;
  /** Told what goes wrong and goes on, without a flood. @default nobody */
  readonly onProblem?: (message: string) => void;
  /** Told each line, without its newline, once it is stored. @default nobody */
  readonly onStored?: (line: string) => void;
}

/** What a sensor did since it started. */
export interface SensorCounts {
  /** Records stored in the spool. */
  readonly stored: number;
  /** Lines that were no records, set aside as dead letters. */
  readonly rejected: number;
  /** Samples not taken because their time had passed. */
  readonly skipped: number;
  /** What went wrong, told or not. */
  readonly problems: number;
  /** Records given up at a stop because the spool did not take them. */
  readonly unstored: number;
}

export interface Sensor {
  /** Settles when the source has ended (stdin) or after a stop; rejects with the reason when it cannot go on. */
  readonly done: Promise<void>;
  readonly counts: SensorCounts;
  /** Stops sampling and stores what is sampled; settles as `done` does, but never rejects. */
  stop(): Promise<void>;
}

/**
 * Starts a sensor.
 *
 * @throws {PacketboatError} `badName`.
 */
export function startSensor(options: SensorOptions): Sensor {
  checkSensorName(options.name);
  return new SensorRun(options);
}

/** A chunk of the source, made ready for the spool. */
interface Pending {
  readonly records: readonly RecordInput[];
  readonly lines: readonly string[];
  readonly letters: readonly DeadLetter[];
  readonly mark: string | undefined;
  readonly bytes: number;
}

class SensorRun implements Sensor {
  readonly done: Promise<void>;
  readonly counts = { stored: 0, rejected: 0, skipped: 0, problems: 0, unstored: 0 };
  readonly #options: SensorOptions;
  readonly #intervalMs: number;
  readonly #teller: QuietTeller;
  readonly #deadLetters: DeadLetters;
  readonly #stopping = new AbortController();
  readonly #changed = new Change();
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  #ended = false;

  constructor(options: SensorOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 1_000;
    this.#teller = new QuietTeller(options.world.clock, options.onProblem ?? (() => {}));
    this.#deadLetters = new DeadLetters({ path: options.deadLetterPath });
    this.#stopping.signal.addEventListener('abort', () => this.#changed.notify());
    this.done = this.#run();
    // Whoever only stops need not watch `done`; whoever watches it still sees the rejection.
    this.done.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.catch(() => {});
  }

  async #run(): Promise<void> {
    const mark = await this.#options.spool.mark();
    const writing = this.#write();
    // A spool that failed for good ends the sampling too.
    writing.catch(() => this.#stopping.abort());
    const sampling = this.#sample(mark).finally(() => {
      this.#ended = true;
      this.#changed.notify();
    });
    const ends = await Promise.allSettled([writing, sampling]);
    await this.#deadLetters.close();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #sample(mark: string | undefined): Promise<void> {
    const { source, world, name } = this.#options;
    const { signal } = this.#stopping;
    const ticks = (): AsyncIterable<Tick> => this.#ticks();
    const problem = (message: string): void => this.#problem(message);
    for await (const chunk of source.read({ world, name, mark, signal, ticks, problem })) {
      const pending = this.#makeLines(chunk);
      this.#pending.push(pending);
      this.#pendingBytes += pending.bytes;
      this.#changed.notify();
      while (this.#pendingBytes >= pendingBytesMax && !signal.aborted) await this.#changed.next();
      if (signal.aborted) break;
    }
  }

  async *#ticks(): AsyncGenerator<Tick> {
    for await (const tick of schedule(this.#options.world, this.#intervalMs, this.#stopping.signal)) {
      this.counts.skipped += tick.skipped;
      if (tick.skipped * this.#intervalMs >= holeToldMs) {
        this.#problem(`${tick.skipped} samples were skipped: their time had passed`);
      }
      yield tick;
    }
  }

  /** Gives the lines their name and time: the time at which the sensor got them, to the nanosecond (S0.9). */
  #makeLines(chunk: SourceChunk): Pending {
    const { name, world } = this.#options;
    const records: RecordInput[] = [];
    const lines: string[] = [];
    const letters: DeadLetter[] = [];
    let bytes = 0;
    for (const entry of chunk.entries) {
      if (entry.kind === 'rejected') {
        letters.push(entry);
        bytes += entry.bytes.length + recordOverheadBytes;
        continue;
      }
      const timeNs = entry.kind === 'record' ? entry.timeNs : world.clock.wallNs();
      const line = entry.kind === 'record' ? entry.text : `${name} ${entry.text} ${timeNs}`;
      const record = { timeNs, bytes: encoder.encode(`${line}\n`) };
      records.push(record);
      lines.push(line);
      bytes += record.bytes.length + recordOverheadBytes;
    }
    return { records, lines, letters, mark: chunk.mark, bytes };
  }

  /** Stores what waits, until the sampling has ended and nothing waits, or there is no room at a stop. */
  async #write(): Promise<void> {
    while (true) {
      const pending = this.#takePending();
      if (pending !== undefined) {
        // What comes later must not be stored either: its mark would pass what was given up.
        if (!(await this.#store(pending))) return;
        this.#changed.notify();
      } else if (this.#ended) {
        return;
      } else {
        await this.#changed.next();
      }
    }
  }

  /** Oldest chunks, as many as are stored at once. */
  #takePending(): Pending | undefined {
    let bytes = this.#pending[0]?.bytes;
    if (bytes === undefined) return undefined;
    let count = 1;
    for (; count < this.#pending.length; count++) {
      const more = this.#pending[count]?.bytes ?? 0;
      if (bytes + more > putBytesMax) break;
      bytes += more;
    }
    const taken = this.#pending.splice(0, count);
    this.#pendingBytes -= bytes;
    return {
      records: taken.flatMap(({ records }) => records),
      lines: taken.flatMap(({ lines }) => lines),
      letters: taken.flatMap(({ letters }) => letters),
      mark: taken.findLast(({ mark }) => mark !== undefined)?.mark,
      bytes,
    };
  }

  /** Stores for as long as it takes; false when it was given up because of a stop. */
  async #store(pending: Pending): Promise<boolean> {
    const backoff = new Backoff(this.#options.world.random, retryFirstMs, retryMostMs);
    let { letters } = pending;
    while (true) {
      try {
        // First the letters, then the mark that passes them: in between nothing is lost.
        await this.#deadLetters.add(letters);
        this.#countRejected(letters);
        letters = [];
        if (pending.records.length > 0 || pending.mark !== undefined) {
          await this.#options.spool.put(pending.records, pending.mark);
        }
        this.counts.stored += pending.records.length;
        for (const line of pending.lines) this.#options.onStored?.(line);
        return true;
      } catch (error) {
        if (!isForWantOfSpace(error)) throw error;
        this.#problem(`No room for new records, trying again: ${error.message}`);
      }
      if (this.#stopping.signal.aborted) {
        const unstored = this.#pending.reduce((sum, { records }) => sum + records.length, pending.records.length);
        this.counts.unstored += unstored;
        this.#problem(`Stopped without room for ${unstored} records: they are not stored`);
        return false;
      }
      await pause(this.#options.world.timers, backoff.nextMs(), this.#stopping.signal);
    }
  }

  #countRejected(letters: readonly DeadLetter[]): void {
    if (letters.length === 0) return;
    this.counts.rejected += letters.length;
    this.#problem(`Lines that are no records are set aside in ${this.#deadLetters.path}`);
  }

  #problem(message: string): void {
    this.counts.problems++;
    this.#teller.tell(message);
  }
}

/** Errors that end when somebody makes room: the spool's, and the disk's under the dead letters. */
function isForWantOfSpace(error: unknown): error is Error {
  if (error instanceof PacketboatError) return error.row.retryable;
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
