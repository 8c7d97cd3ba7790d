/**
 * A source is where a sensor's values come from. Adding one is one small file in this folder:
 *
 * 1. Export a function `<name>Source(options): Source` and, if it has options, an interface with `@default`s.
 * 2. In `read`, yield a {@linkcode SourceChunk} whenever there is something. To sample at the sensor's interval,
 *    loop over `context.ticks()`; to follow something, wait for it and heed `context.signal`.
 * 3. Values are text from beginning to end (trap T2); the sensor adds the name and the time.
 * 4. What cannot be read as values is yielded as `rejected`; what goes wrong is told to `context.problem` and the
 *    source goes on. Throw only when no later attempt can succeed.
 * 5. Put its test beside it and export it from `mod.ts`.
 */
import type { World } from '@packetboat/core';

/** One line of a source. */
export type SourceEntry =
  /** Values, separated by single spaces; the sensor adds name and time. */
  | { readonly kind: 'values'; readonly text: string }
  /** A whole sensor line with its own name and time (S0.5), as another program wrote it. */
  | { readonly kind: 'record'; readonly text: string; readonly timeNs: bigint }
  /** Not a record: it goes to the dead letters with the reason. */
  | { readonly kind: 'rejected'; readonly bytes: Uint8Array; readonly reason: string };

/** What a source yields at once: it is stored as one unit. */
export interface SourceChunk {
  readonly entries: readonly SourceEntry[];
  /** How far the source has come, stored together with the records: its next `context.mark` after a restart. */
  readonly mark?: string;
}

/** What a sensor gives to its source. */
export interface SourceContext {
  readonly world: World;
  readonly name: string;
  /** The mark of the last chunk that was stored, in this life or an earlier one. */
  readonly mark: string | undefined;
  readonly signal: AbortSignal;
  /** Settles at each interval's end; missed ticks are skipped and counted by the sensor. */
  readonly ticks: () => AsyncIterable<unknown>;
  /** Tells that something went wrong; counted and shown, and the source goes on. */
  readonly problem: (message: string) => void;
}

export interface Source {
  /** Ends when the source is at its end (stdin) or `context.signal` aborts. Chunks are asked for one by one. */
  read(context: SourceContext): AsyncIterable<SourceChunk>;
}
