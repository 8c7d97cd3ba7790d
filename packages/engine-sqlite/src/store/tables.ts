import type { Table } from '@packetboat/core';

/** The embedded store's tables. Rows of `segments`, `producers`, `keys` and `garbage` belong to a stream's number. */
export const tables = Object.freeze({
  /** `identity` and `counters`. */
  meta: { name: 'meta', key: ['text'] },
  /** Stream name → {@linkcode StreamRow}; a deleted stream's row stays as its tombstone. */
  streams: { name: 'streams', key: ['text'] },
  /** Number, offset of the first record → {@linkcode SegmentRow}. Dense from a stream's first to its tail. */
  segments: { name: 'segments', key: ['integer', 'integer'] },
  /** Number, producer id → snapshot of a `ProducerState`. */
  producers: { name: 'producers', key: ['integer', 'text'] },
  /** Number, idempotency key → offset of the append that carried it first. */
  keys: { name: 'keys', key: ['integer', 'text'] },
  /** Key → {@linkcode MapEntry}. */
  map: { name: 'map', key: ['text'] },
  /** Number → the offset below which its segments wait to be deleted, or everything of it. */
  garbage: { name: 'garbage', key: ['integer'] },
} as const satisfies { [name: string]: Table });
