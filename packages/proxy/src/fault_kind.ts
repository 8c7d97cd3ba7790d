/** Up is from the client to the server, down is back. */
export type OneDirection = 'up' | 'down';

/** Where a fault acts. */
export type Direction = OneDirection | 'both';

/** How a connection is cut: with a FIN, as a process that ends, or a reset, as a router that forgot it. */
export type CutHow = 'fin' | 'reset';

/**
 * What a fault does to the bytes of one direction of one link. Made anew for each, so it may keep state.
 * Absent fields change nothing.
 */
export interface Stage {
  /** Bytes vanish; with `everything` the end of the connection and its beginning vanish too. */
  readonly swallows?: 'bytes' | 'everything';
  /** When `byteCount` bytes that come in at `arriveMs` go out. Called in order. */
  readonly leaveMs?: (byteCount: number, arriveMs: number) => number;
  /** The largest piece that goes out at once. */
  readonly pieceBytesMax?: number;
  /** Bytes held back before the sender is slowed down. */
  readonly heldBytesMax?: number;
}

/** What a fault may do to the proxy as a whole. */
export interface FaultTarget {
  /** Cuts all connections that exist. */
  readonly cutLinks: (how: CutHow) => void;
  /** Refuses connections until `openPort` was called as often. */
  readonly closePort: () => void;
  readonly openPort: () => Promise<void>;
}

/** An integer in a range, or one of some words. `optional` fields have a default in the fault's own file. */
export type OptionRule =
  | { readonly min: number; readonly max: number; readonly optional?: boolean }
  | { readonly words: readonly string[]; readonly optional?: boolean };

/** A kind of fault: one small file in `faults/`. The README holds the recipe for adding one. */
export interface FaultKind<F> {
  /** Its fields beside `fault`, by name. */
  readonly options: Readonly<Record<Exclude<keyof F, 'fault'>, OptionRule>>;
  /** @param random A number in [0, 1), the same run after run for one seed. */
  readonly stage?: (fault: F, random: () => number) => Stage;
  /** Done once when the fault begins, and once when it ends. */
  readonly begin?: (fault: F, target: FaultTarget) => void;
  readonly end?: (fault: F, target: FaultTarget) => Promise<void>;
}
