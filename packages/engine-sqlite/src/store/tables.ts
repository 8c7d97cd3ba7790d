import type { Table } from '@packetboat/core';

/** A table of the embedded store. */
export interface EngineTable extends Table {
  /**
   * Whether values may outgrow a page. SQLite keeps rows of small values in the key's own tree; a search there reads
   * each row it compares with in full, which large ones make slow.
   */
  readonly values: 'small' | 'large';
}

/** The embedded store's tables. Rows of `segments`, `producers`, `keys` and `garbage` belong to a stream's number. */
export const tables = Object.freeze({
  /** `identity` and `counters`. */
  meta: { name: 'meta', key: ['text'], values: 'small' },
  /** Stream name → {@linkcode StreamRow}; a deleted stream's row stays as its tombstone. */
  streams: { name: 'streams', key: ['text'], values: 'small' },
  /** Number, offset of the first record → {@linkcode SegmentRow}. Dense from a stream's first to its tail. */
  segments: { name: 'segments', key: ['integer', 'integer'], values: 'large' },
  /** Number, producer id → snapshot of a `ProducerState`. */
  producers: { name: 'producers', key: ['integer', 'text'], values: 'large' },
  /** Number, idempotency key → offset of the append that carried it first, and when the key ends if it does. */
  keys: { name: 'keys', key: ['integer', 'text'], values: 'small' },
  /** When a key ends on the store's own clock, number, idempotency key → nothing. */
  keyEnds: { name: 'key_ends', key: ['integer', 'integer', 'text'], values: 'small' },
  /** Key → {@linkcode MapEntry}. */
  map: { name: 'map', key: ['text'], values: 'large' },
  /** Number → the offset below which its segments wait to be deleted, or everything of it. */
  garbage: { name: 'garbage', key: ['integer'], values: 'small' },
} as const satisfies { [name: string]: EngineTable });
