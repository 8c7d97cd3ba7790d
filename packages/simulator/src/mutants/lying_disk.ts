import { MemoryDisk, type StoredRow, type WrittenRows } from '@packetboat/engine-sqlite/testing';

type Rows = Map<string, Map<string, StoredRow | undefined>>;

/** A disk that can take back its last commits. */
export class LyingDisk extends MemoryDisk {
  /** What stood in the place of the last commits' rows, the newest last. */
  #undo: Rows[] = [];

  override store(written: WrittenRows): void {
    const before: Rows = new Map();
    for (const [table, rows] of written) {
      before.set(table, new Map([...rows.keys()].map((id) => [id, this.rows.get(table)?.get(id)])));
    }
    this.#undo = [...this.#undo, before].slice(-10);
    super.store(written);
  }

  /** Takes back the last `count` commits, as if they had never been. */
  protected lose(count: number): void {
    // Nobody commits anything here.
    const { onStored } = this;
    this.onStored = undefined;
    for (const before of this.#undo.splice(-count).toReversed()) super.store(before);
    this.onStored = onStored;
  }
}
