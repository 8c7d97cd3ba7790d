import type { Running } from '../support/packetboat.ts';

/** Collects what was run and what it printed, as Markdown. */
export class Transcript {
  readonly #parts: string[] = [];
  readonly #shown = new Map<Running, number>();
  /** Replaces the run's temporary folder in what is shown. */
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  say(text: string): void {
    this.#parts.push(text);
  }

  /** Shows a command and what it printed so far (at most `linesMax` lines). */
  command(line: string, running: Running, linesMax = 12): void {
    this.#block([`$ ${line}`, ...this.#news(running, linesMax)]);
  }

  /** Shows what a command shown before has printed since. */
  more(name: string, running: Running, linesMax = 12): void {
    this.#block([`# ${name}`, ...this.#news(running, linesMax)]);
  }

  toString(): string {
    return `${this.#parts.join('\n\n')}\n`.replaceAll(`${this.#folder}/`, '');
  }

  #block(lines: readonly string[]): void {
    this.#parts.push(['```console', ...lines, '```'].join('\n'));
  }

  #news(running: Running, linesMax: number): string[] {
    const from = this.#shown.get(running) ?? 0;
    const lines = running.printed.slice(from);
    this.#shown.set(running, running.printed.length);
    if (lines.length <= linesMax) return lines;
    const head = Math.ceil((linesMax - 1) / 2);
    const tail = linesMax - 1 - head;
    return [
      ...lines.slice(0, head),
      `… ${lines.length - head - tail} more lines …`,
      ...lines.slice(lines.length - tail),
    ];
  }
}
