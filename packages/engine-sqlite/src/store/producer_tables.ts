import { type EnginePorts, ProducerTable } from './producer_table.ts';
import type { StreamRow } from './stream_row.ts';

/** The streams' {@linkcode ProducerTable}s, loaded when first asked for; the longest unused are dropped (P7). */
export class ProducerTables {
  readonly #ports: EnginePorts;
  readonly #entriesMax: number;
  /** By stream number, the longest unused first. */
  readonly #tables = new Map<number, { readonly table: ProducerTable; size: number }>();
  #entries = 0;

  constructor(ports: EnginePorts, entriesMax: number) {
    this.#ports = ports;
    this.#entriesMax = entriesMax;
  }

  /** The table of a stream as `row` says it is stored. @throws {PacketboatError} `damaged` */
  get(row: StreamRow): ProducerTable {
    const held = this.#tables.get(row.number);
    if (held === undefined) {
      const table = ProducerTable.load(this.#ports, row);
      this.#tables.set(row.number, { table, size: 0 });
      return table;
    }
    this.#tables.delete(row.number);
    this.#tables.set(row.number, held);
    return held.table;
  }

  /** Drops what is over the limit; not within a commit. */
  trim(touched: Iterable<number>): void {
    for (const number of touched) {
      const held = this.#tables.get(number);
      if (held === undefined) continue;
      const size = 1 + held.table.size;
      this.#entries += size - held.size;
      held.size = size;
    }
    for (const number of this.#tables.keys()) {
      if (this.#entries <= this.#entriesMax) return;
      this.forget(number);
    }
  }

  /** Drops a stream's table. */
  forget(number: number): void {
    this.#entries -= this.#tables.get(number)?.size ?? 0;
    this.#tables.delete(number);
  }
}
