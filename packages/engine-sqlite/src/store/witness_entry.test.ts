import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import * as fc from 'fast-check';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk } from './testing/memory_disk.ts';
import { decodeWitnessEntries, encodeWitnessEntry, type WitnessEntry } from './witness_entry.ts';

const entries: WitnessEntry[] = [1, 2, 3].map((number) => ({
  revision: number,
  streams: [
    { number, stream: `a\n${number}`, incarnation: 'i', tail: number, checksum: 7, closed: false, deleted: false },
  ],
}));
const log = Buffer.concat(entries.map((entry) => encodeWitnessEntry(entry, crc32)));

test('decodeWitnessEntries returns the whole entries before any cut or changed byte [F15]', () => {
  assert.deepEqual(decodeWitnessEntries(log, crc32), entries);
  const at = fc.integer({ min: 0, max: log.length - 1 });
  fc.assert(
    fc.property(at, fc.integer({ min: 1, max: 255 }), (place, change) => {
      const cut = decodeWitnessEntries(log.subarray(0, place), crc32);
      assert.deepEqual(cut, entries.slice(0, cut.length));
      const changed = Uint8Array.from(log);
      changed[place] = (changed[place] ?? 0) ^ change;
      const found = decodeWitnessEntries(changed, crc32);
      assert.ok(found.length < 3);
      assert.deepEqual(found, entries.slice(0, found.length));
    }),
  );
});

test('applyWitnessEntries takes a witness of more streams than a call may have arguments [F15]', () => {
  const { world } = new VirtualWorld();
  const { engine } = new EngineStore({ disk: new MemoryDisk(), world, limits: testLimits() });
  const streams = Array.from({ length: 200_000 }, (_, index) => {
    return {
      number: index + 1,
      stream: `s${index}`,
      incarnation: 'i',
      tail: 1,
      checksum: 7,
      closed: false,
      deleted: true,
    };
  });
  const { outcome, loss } = engine.compare([{ revision: 1, streams }], { wallNs: 0n, openMs: 0 }, () => undefined);
  assert.equal(outcome.kind, 'ok');
  assert.deepEqual(loss, { streams: [], mapChanges: 1 });
});
