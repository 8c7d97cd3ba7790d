/** Where the command writes: stdout is data, stderr is messages. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

const columnsDefault = 80;

type Style = Parameters<typeof styleText>[0];

/** A stream that may be a terminal. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** How much is said, and in which colours. */
export interface TerminalSettings {
  /** Say only what went wrong. @default false */
  readonly quiet?: boolean;
  /** Say more. @default false */
  readonly verbose?: boolean;
  /** Whether colours may be used where the terminal has them. @default true */
  readonly color?: boolean;
}

/** Somebody to tell what goes on. */
export interface Teller {
  /** What is going on. */
  say(message: string): void;
  /** What went wrong, and goes on. */
  warn(message: string): void;
}

export class Terminal implements Teller {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  #settings: Required<TerminalSettings> = { quiet: false, verbose: false, color: true };
  /** Clears the line of a progress bar, while one is drawn. */
  #clearLive: (() => void) | undefined;

  constructor(stdout: TerminalStream, stderr: TerminalStream) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  configure(settings: TerminalSettings): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  get verbose(): boolean {
    return this.#settings.verbose;
  }

  get quiet(): boolean {
    return this.#settings.quiet;
  }

  /** Writes data; settles when more may be written. */
  write(data: string | Uint8Array): Promise<void> {
    this.live(undefined);
    if (this.stdout.write(data)) return Promise.resolve();
    return new Promise((resolve) => this.stdout.once('drain', resolve));
  }

  /** Writes a line of data. */
  print(line: string): Promise<void> {
    return this.write(`${line}\n`);
  }

  /** Writes one JSON document as a line. */
  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value));
  }

  /** Tells a person what is going on, unless they asked for quiet. */
  say(message: string): void {
    if (!this.#settings.quiet) this.#tell(message);
  }

  /** Tells what went wrong and goes on. */
  warn(message: string): void {
    this.#tell(this.styleErr('yellow', message));
  }

  /** Tells what only the curious want to know. */
  detail(message: string): void {
    if (this.#settings.verbose) this.#tell(this.styleErr('dim', message));
  }

  /** `text` in a style, for stdout. */
  style(style: Style, text: string): string {
    return this.#style(style, text, this.stdout);
  }

  /** `text` in a style, for stderr. */
  styleErr(style: Style, text: string): string {
    return this.#style(style, text, this.stderr);
  }

  /** How much of a live line is seen: it must not reach the next line. */
  get liveLength(): number {
    // A terminal that does not know its width says 0.
    return (this.stderr.columns || columnsDefault) - 1;
  }

  /** Draws a line that replaces itself, on a terminal; `undefined` removes it. */
  live(line: string | undefined): void {
    if (this.stderr.isTTY !== true || this.#settings.quiet) return;
    this.#clearLive?.();
    this.#clearLive = undefined;
    if (line === undefined) return;
    this.stderr.write(line.slice(0, this.liveLength));
    this.#clearLive = () => this.stderr.write('\r\u001b[2K');
  }

  /** Settles when everything written has left. */
  async flush(): Promise<void> {
    for (const stream of [this.stdout, this.stderr]) {
      if (stream.writable) await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  #tell(message: string): void {
    this.live(undefined);
    this.stderr.write(`${message}\n`);
  }

  #style(style: Style, text: string, stream: TerminalStream): string {
    return this.#settings.color ? styleText(style, text, { stream }) : text;
  }
}
