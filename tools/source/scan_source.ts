/** A string or template literal of a source file. */
export interface Literal {
  /** Where its opening quote stands. */
  readonly at: number;
  /** Its text as written, without quotes; each `${…}` of a template reads `…`. */
  readonly text: string;
}

/** A TypeScript file taken apart far enough for rules that must not mistake text for code. */
export interface ScannedSource {
  /** The file with comments and the insides of literals blanked; every offset is kept. */
  readonly code: string;
  readonly literals: readonly Literal[];
}

/** After these a `/` begins a regular expression; after anything else it divides. */
const beforeRegex =
  /(?:^|[([{,;=:?!&|^~+\-*%<>]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield))$/;

/**
 * Tells code from comments, strings, templates and regular expressions.
 *
 * It does not parse: a `/` after `)` or `}` counts as a division, and JSX is not understood.
 */
export function scanSource(text: string): ScannedSource {
  return new Scanner(text).scan();
}

class Scanner {
  readonly #text: string;
  readonly #code: string[];
  readonly #literals: Literal[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#code = text.split('');
  }

  scan(): ScannedSource {
    if (this.#text.startsWith('#!')) this.#blankTo(this.#find('\n'));
    this.#scanCode(false);
    const literals = this.#literals.toSorted((one, other) => one.at - other.at);
    return { code: this.#code.join(''), literals };
  }

  /** Scans to the end, or behind the `}` that closes a template's `${`. */
  #scanCode(inTemplate: boolean): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      const pair = this.#text.slice(this.#at, this.#at + 2);
      if (pair === '//') this.#blankTo(this.#find('\n'));
      else if (pair === '/*') this.#blankTo(this.#find('*/', 2) + 2);
      else if (character === "'" || character === '"') this.#string(character);
      else if (character === '`') this.#template();
      else if (character === '/' && beforeRegex.test(this.#codeBefore())) this.#regex();
      else {
        if (character === '{') depth += 1;
        if (character === '}') depth -= 1;
        this.#at += 1;
        if (depth < 0 && inTemplate) return;
      }
    }
  }

  #string(quote: string): void {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text.charAt(end) !== quote) end += this.#text.charAt(end) === '\\' ? 2 : 1;
    this.#literal(start, this.#text.slice(start + 1, end));
    this.#blankInside(start + 1, end);
    this.#at = end + 1;
  }

  #template(): void {
    const start = this.#at;
    let text = '';
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text.charAt(this.#at) !== '`') {
      if (this.#text.startsWith('${', this.#at)) {
        this.#at += 2;
        this.#scanCode(true);
        text += '…';
      } else {
        const step = this.#text.charAt(this.#at) === '\\' ? 2 : 1;
        text += this.#text.slice(this.#at, this.#at + step);
        this.#blankInside(this.#at, this.#at + step);
        this.#at += step;
      }
    }
    this.#literal(start, text);
    this.#at += 1;
  }

  #regex(): void {
    let end = this.#at + 1;
    for (let inClass = false; end < this.#text.length; end += 1) {
      const character = this.#text.charAt(end);
      if (character === '\n' || (character === '/' && !inClass)) break;
      if (character === '\\') end += 1;
      else if (character === '[') inClass = true;
      else if (character === ']') inClass = false;
    }
    this.#blankInside(this.#at + 1, end);
    this.#at = end + 1;
  }

  #literal(at: number, text: string): void {
    this.#literals.push({ at, text });
  }

  /** The code before this point, as far as it tells a regular expression from a division. */
  #codeBefore(): string {
    return this.#code
      .slice(Math.max(0, this.#at - 80), this.#at)
      .join('')
      .trimEnd();
  }

  #find(what: string, skip = 0): number {
    const found = this.#text.indexOf(what, this.#at + skip);
    return found < 0 ? this.#text.length : found;
  }

  #blankTo(end: number): void {
    this.#blankInside(this.#at, end);
    this.#at = end;
  }

  #blankInside(from: number, to: number): void {
    for (let at = from; at < Math.min(to, this.#code.length); at++) if (this.#code[at] !== '\n') this.#code[at] = ' ';
  }
}
