import type { Door } from './door.ts';

/** The whole HTTP surface: which door stands where. */
export class Surface {
  readonly #exact = new Map<string, Door>();
  /** Longest first, so that the nearest door answers. */
  readonly #below: (readonly [prefix: string, door: Door])[] = [];

  /** @param doors By path; one that ends in `*` stands for every path that begins so. */
  constructor(doors: Readonly<Record<string, Door>>) {
    for (const [path, door] of Object.entries(doors)) {
      if (path.endsWith('*')) this.#below.push([path.slice(0, -1), door]);
      else this.#exact.set(path, door);
    }
    this.#below.sort(([left], [right]) => right.length - left.length);
  }

  /** The door at `path`, as it was sent: nothing is decoded, so that no encoding leads past a door. */
  find(path: string): Door | undefined {
    return this.#exact.get(path) ?? this.#below.find(([prefix]) => path.startsWith(prefix))?.[1];
  }

  /** The pattern that `path` is answered by, such as `/v1/*`; `none` when there is nothing. */
  route(path: string): string {
    if (this.#exact.has(path)) return path;
    const prefix = this.#below.find(([each]) => path.startsWith(each))?.[0];
    return prefix === undefined ? 'none' : `${prefix}*`;
  }
}
