import { PacketboatError, quoted } from '@packetboat/core';

/** Exactly one part of a name, whatever it is. */
const one = Symbol('*');
/** Any number of parts, also none. */
const many = Symbol('**');

/**
 * Which streams a subscription links without naming them: a name whose parts are taken literally, except that `*`
 * stands for exactly one part and `**` for any number of them. A literal `*` is written `%2A`.
 */
export class StreamPattern {
  readonly text: string;
  /** What every name that matches begins with. */
  readonly prefix: string;
  readonly #parts: readonly (string | symbol)[];

  /** @throws {PacketboatError} `badRequest` for a part that mixes `*` with something else. */
  constructor(text: string) {
    this.text = text;
    this.#parts = text.split('/').map((part) => {
      if (part === '*') return one;
      if (part === '**') return many;
      if (!part.includes('*')) return part.replaceAll(/%2a/gi, '*');
      throw new PacketboatError('badRequest', `${quoted(part)} in pattern ${quoted(text)} is not *, ** or a literal`);
    });
    const wild = this.#parts.findIndex((part) => typeof part === 'symbol');
    this.prefix = this.#parts.slice(0, wild === -1 ? this.#parts.length : wild).join('/');
  }

  /** Whether `stream` is meant. The steps are bounded by parts of the name × parts of the pattern. */
  matches(stream: string): boolean {
    if (!stream.startsWith(this.prefix)) return false;
    const wanted = this.#parts;
    const parts = stream.split('/');
    let at = 0;
    /** The last `**`: if what follows it does not fit, it takes one more part. */
    let retry: { readonly at: number; part: number } | undefined;
    for (let part = 0; part < parts.length; ) {
      if (wanted[at] === many) {
        at += 1;
        retry = { at, part };
      } else if (wanted[at] === one || wanted[at] === parts[part]) {
        at += 1;
        part += 1;
      } else if (retry !== undefined) {
        retry.part += 1;
        ({ at, part } = retry);
      } else {
        return false;
      }
    }
    return wanted.slice(at).every((part) => part === many);
  }
}
