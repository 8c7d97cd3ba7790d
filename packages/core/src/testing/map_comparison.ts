import assert from 'node:assert/strict';
import type { KeyValueMap, MapEntry, PutOutcome } from '../store.ts';
import type { MapCommand } from './store_commands.ts';

/** A revision that no put was ever given. */
const wrongRevision = 1_000_000_000;

/** Does the same to two Maps and compares every answer; revisions may differ, but correspond and grow. */
export class MapComparison {
  /** The engine's revision for the oracle's. */
  readonly #revisions = new Map<number, number>();
  #lastRevision = 0;

  async run(command: MapCommand, oracle: KeyValueMap, engine: KeyValueMap): Promise<void> {
    if (command.kind === 'listMap') {
      const { prefix, after, limit } = command;
      const [oracles, engines] = [await oracle.list(prefix, after, limit), await engine.list(prefix, after, limit)];
      assert.equal(engines.length, oracles.length);
      for (const [index, entry] of oracles.entries()) this.#sameEntry(entry, engines[index]);
      return;
    }
    const { key } = command;
    const current = (await oracle.get(key))?.revision;
    this.#sameEntry(await oracle.get(key), await engine.get(key));
    const revision = command.expected === 'current' ? (current ?? wrongRevision) : wrongRevision;
    const engineRevision = this.#revisions.get(revision) ?? wrongRevision;
    if (command.kind === 'put') {
      const { value, expected } = command;
      const conditional = expected === 'current' || expected === 'wrong';
      this.#samePut(
        await oracle.put(key, value, conditional ? revision : expected),
        await engine.put(key, value, conditional ? engineRevision : expected),
      );
    } else {
      const conditional = command.expected !== undefined;
      const removed = await oracle.delete(key, conditional ? revision : undefined);
      assert.equal(await engine.delete(key, conditional ? engineRevision : undefined), removed);
    }
    this.#sameEntry(await oracle.get(key), await engine.get(key));
  }

  #samePut(oracle: PutOutcome, engine: PutOutcome): void {
    assert.equal(engine.kind, oracle.kind);
    if (oracle.kind === 'put' && engine.kind === 'put') {
      assert(engine.revision > this.#lastRevision, 'a revision does not grow');
      this.#lastRevision = engine.revision;
      this.#revisions.set(oracle.revision, engine.revision);
    } else {
      const expected = oracle.revision === undefined ? undefined : this.#revisions.get(oracle.revision);
      assert.equal(engine.revision, expected);
    }
  }

  #sameEntry(oracle: MapEntry | undefined, engine: MapEntry | undefined): void {
    const expected = oracle && { ...oracle, revision: this.#revisions.get(oracle.revision) };
    assert.deepEqual(engine && { ...engine, value: Uint8Array.from(engine.value) }, expected);
  }
}
