/** Runs the behaviour suite of spools, and what holds of a browser's only: one case at a time, each in a place of its own. */
import assert from 'node:assert/strict';
import { type BrowserPlatform, openBrowserSpool } from '@packetboat/client/browser';
import { crc32, defaultLimits, openBatch, type RecordInput, type SpooledBatch } from '@packetboat/core';
import { caseStream, spoolCases, type SpoolPlace } from '@packetboat/core/testing';

const page = globalThis as unknown as BrowserPlatform;
let places = 0;

/** What was crashed is simply left: what is opened next must find all there is. */
function newPlace(): SpoolPlace {
  const name = `case ${++places}`;
  return {
    open: (options = {}) => openBrowserSpool({ stream: caseStream, name, bytesMax: 100_000_000, ...options }),
    crash: async () => undefined,
  };
}

const browserCases: Readonly<Record<string, () => Promise<void>>> = {
  async takenOver() {
    const { indexedDB, IDBKeyRange, BroadcastChannel } = page;
    assert.ok(BroadcastChannel !== undefined);
    const options = { stream: 'taken-over', platform: { indexedDB, IDBKeyRange, BroadcastChannel } };
    const [older, newer] = [await openBrowserSpool(options), await openBrowserSpool(options)];
    await older.claim?.();
    await older.put(records(1));
    const sealed = await older.seal(1_000);
    await newer.claim?.();
    await older.put(records(1));
    await assert.rejects(older.seal(1_000), { code: 'takenOver' });
    await assert.rejects(older.acknowledge(0), { code: 'takenOver' });
    for await (const batch of newer.unacknowledged()) assert.deepEqual(batch, sealed);
    await newer.acknowledge(0);
    assert.equal((await newer.seal(1_000))?.sequence, 1);
    await older.close();
    await newer.close();
  },

  async otherPage() {
    const [one, other] = [await openBrowserSpool({ stream: 'pages' }), await openBrowserSpool({ stream: 'pages' })];
    const heard = one.wait();
    assert.deepEqual(await Promise.all([other.put(records(2)), other.put(records(1))]), [0, 2]);
    await heard;
    assert.equal(await one.put(records(1)), 3);
    await one.close();
    await other.close();
  },

  async damaged() {
    const spool = await openBrowserSpool({ stream: 'damaged' });
    await spool.put(records(5));
    const request = page.indexedDB.open('packetboat/spool/damaged', 1);
    await new Promise<void>((resolve) => request.addEventListener('success', resolve));
    const transaction = request.result.transaction(['samples'], 'readwrite', { durability: 'strict' });
    transaction.objectStore('samples').delete(page.IDBKeyRange.bound(2, 3, false, false));
    await new Promise<void>((resolve) => transaction.addEventListener('complete', resolve));
    const sealed: [boolean, number][] = [];
    for (let batch = await spool.seal(1_000); batch !== undefined; batch = await spool.seal(1_000)) {
      sealed.push(contents(batch));
    }
    assert.deepEqual(sealed, [
      [false, 2],
      [true, 1],
      [false, 1],
    ]);
    const { quarantined, produced, sealedCount } = await spool.status();
    assert.deepEqual([quarantined, produced, sealedCount], [2, 5, 4]);
    await spool.close();
  },
};

function records(count: number): RecordInput[] {
  return Array.from({ length: count }, () => ({ timeNs: 1n, bytes: new TextEncoder().encode('record') }));
}

/** Whether a batch tells gaps, and how many records it has. */
function contents({ bytes }: SpooledBatch): [boolean, number] {
  const { gap, count } = openBatch(bytes, 0, crc32, defaultLimits);
  return [gap, count];
}

/** What the test calls: settles with nothing when the case holds, else with what is wrong. */
async function runCase(title: string): Promise<string | undefined> {
  try {
    const shared = spoolCases[title];
    await (shared === undefined ? browserCases[title]?.() : shared(newPlace()));
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

Object.assign(globalThis, { ready: Promise.resolve(), runCase, openBrowserSpool });
