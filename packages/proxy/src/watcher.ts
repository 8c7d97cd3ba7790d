/** Looks at what comes from the server before it goes on, and keeps back what it cannot tell yet. */
export interface Watcher {
  /** Bytes that may go on, and before them the name of what they begin. */
  read(bytes: Uint8Array): Iterable<Uint8Array | string>;
  /** What was kept back, when nothing follows. */
  end(): Uint8Array;
}

/** Something of note that is about to happen. */
export interface Sight {
  /** `connected`, `disconnected`, or what a {@linkcode Watcher} names. */
  readonly what: string;
  readonly connection: number;
}
