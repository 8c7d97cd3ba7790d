/**
 * Imports sensor lines that were written elsewhere (S0.6, S0.7). Indentation and stray numbers before a record are
 * taken away; what is no record goes to the dead letters; no record is lost. The lines go through the line door, which stores the same
 * line once: an import that was interrupted is simply run again.
 */
import { PacketboatError, type World } from '@packetboat/core';
import { Backoff } from './backoff.ts';
import type { DeadLetter, DeadLetters } from './dead_letters.ts';
import type { LineDoor } from './line_door.ts';
import { pause } from './pause.ts';
import { QuietTeller } from './quiet_teller.ts';
import { LineSplitter, type SplitLine } from './sources/line_splitter.ts';
import { parseRecordLine } from './sources/value_lines.ts';

const lineBytesMax = 65_536;
const requestLinesMax = 1_000;
const requestBytesMax = 262_144;
const retryFirstMs = 500;
const retryMostMs = 30_000;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Options of {@linkcode importLines}. */
export interface ImportOptions {
  readonly input: AsyncIterable<Uint8Array | string>;
  readonly door: LineDoor;
  /** Give it `bytesMax: Infinity`: an import loses nothing. Closed by the caller. */
  readonly deadLetters: DeadLetters;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Only records of this sensor are taken. @default all */
  readonly name?: string;
  /** Told what goes wrong and is tried again, without a flood. @default nobody */
  readonly onProblem?: (message: string) => void;
  /** Told after each request. @default nobody */
  readonly onProgress?: (report: ImportReport) => void;
}

export interface ImportReport {
  /** Records that the server has now. */
  readonly records: number;
  /** Lines that are no records, or that the server refused for good: in the dead letters. */
  readonly rejected: number;
}

/** What a line of an import is. */
export type ImportLine =
  | { readonly kind: 'record'; readonly line: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'rejected'; readonly reason: string };

/**
 * Reads one line. A number before the record is taken for a printed line number only when the line is no record
 * with it and is one without it, so that a sensor called `11` keeps its name.
 */
export function readImportLine(text: string, name?: string): ImportLine {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'blank' };
  const whole = readRecord(trimmed, name);
  if (whole.kind === 'record') return whole;
  const withoutGutter = /^\d{1,7}[.:|)]?\s+(\S.*)$/u.exec(trimmed)?.[1];
  const rest = withoutGutter === undefined ? whole : readRecord(withoutGutter, name);
  return rest.kind === 'record' ? rest : whole;
}

/**
 * Imports everything that `input` holds; waits and tries again while the server cannot be reached.
 *
 * @throws {PacketboatError} `aborted`, or the code with which the server refuses for good.
 */
export async function importLines(options: ImportOptions): Promise<ImportReport> {
  const run = new ImportRun(options);
  const splitter = new LineSplitter(lineBytesMax);
  for await (const chunk of options.input) {
    await run.take(splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  }
  await run.take(splitter.end());
  await run.send();
  return run.report;
}

class ImportRun {
  readonly report = { records: 0, rejected: 0 };
  readonly #options: ImportOptions;
  readonly #teller: QuietTeller;
  #lines: string[] = [];
  #bytes = 0;
  #letters: DeadLetter[] = [];

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#teller = new QuietTeller(options.world.clock, options.onProblem ?? (() => {}));
  }

  async take(lines: Iterable<SplitLine>): Promise<void> {
    for (const { bytes, tooLong } of lines) {
      const line = tooLong ? rejected(`tooLarge: part of a line over ${lineBytesMax} bytes`) : this.#read(bytes);
      if (line.kind === 'rejected') this.#letters.push({ bytes, reason: line.reason });
      else if (line.kind === 'record') this.#lines.push(line.line);
      this.#bytes += bytes.length;
      if (this.#lines.length >= requestLinesMax || this.#bytes >= requestBytesMax) await this.send();
    }
  }

  /** Sends what was gathered, until each line is acknowledged or refused for good. */
  async send(): Promise<void> {
    const { deadLetters, onProgress, world, signal } = this.#options;
    const backoff = new Backoff(world.random, retryFirstMs, retryMostMs);
    let lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    while (lines.length > 0) {
      lines = await this.#post(lines);
      if (lines.length > 0) await pause(world.timers, backoff.nextMs(), signal);
    }
    await deadLetters.add(this.#letters);
    this.report.rejected += this.#letters.length;
    this.#letters = [];
    onProgress?.({ ...this.report });
  }

  /** Posts lines and returns those that are to be posted again. */
  async #post(lines: string[]): Promise<string[]> {
    const { door, signal } = this.#options;
    if (signal.aborted) throw new PacketboatError('aborted', 'The import was stopped; run it again to finish it');
    const again: string[] = [];
    try {
      for (const [index, answer] of (await door.post(lines, signal)).entries()) {
        const line = lines[index] ?? '';
        if (answer.kind === 'ack') this.report.records++;
        else if (new PacketboatError(answer.code, '').row.retryable) again.push(line);
        else this.#letters.push({ bytes: Buffer.from(line), reason: `${answer.code}: refused by the server` });
      }
    } catch (error) {
      if (!(error instanceof PacketboatError && error.row.retryable)) throw error;
      this.#teller.tell(`${error.message}; trying again`);
      return lines;
    }
    if (again.length > 0) this.#teller.tell('The server cannot store all lines now; trying again');
    return again;
  }

  #read(bytes: Uint8Array): ImportLine {
    try {
      return readImportLine(decoder.decode(bytes), this.#options.name);
    } catch {
      return rejected('notUtf8: the line is not UTF-8');
    }
  }
}

function readRecord(text: string, name: string | undefined): ImportLine {
  try {
    const line = parseRecordLine(text);
    return name === undefined || line.name === name
      ? { kind: 'record', line: text }
      : rejected(`badLine: not of ${name}`);
  } catch (error) {
    if (!(error instanceof PacketboatError)) throw error;
    return rejected(`${error.code}: ${error.message}`);
  }
}

function rejected(reason: string): ImportLine {
  return { kind: 'rejected', reason };
}
