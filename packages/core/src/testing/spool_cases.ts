/**
 * What every spool must do, whatever it lies on. Imports nothing of Node but its assertions, for these cases run in a
 * browser, too.
 */
import assert from 'node:assert/strict';
import { openBatch } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { Spool, SpooledBatch } from '../spool.ts';
import { assertAccounted, type Delivery, deliver, drain, samples } from './spool_delivery.ts';

/** How a case wants its spool; roomy and blocking unless told otherwise. */
export interface SpoolCaseOptions {
  readonly bytesMax?: number;
  readonly whenFull?: 'block' | 'gap';
  readonly limits?: Limits;
  readonly stream?: string;
}

/** Where the spool of one case lies. */
export interface SpoolPlace {
  /** Opens the spool there, or makes it. */
  open(options?: SpoolCaseOptions): Promise<Spool>;
  /** Gives `spool` up as kill -9 would: what is opened next finds what was on stable storage. */
  crash(spool: Spool): Promise<void>;
}

/** The stream that a case's spool feeds unless told otherwise. */
export const caseStream = 'sensors/paul';

const tinyLimits: Limits = { ...defaultLimits, recordBytesMax: 4_096, mapValueBytesMax: 256, commitBytesMax: 8_192 };

/** What must hold, by name. Each case has a place of its own. */
export const spoolCases: Readonly<Record<string, (place: SpoolPlace) => Promise<void>>> = {
  'spool numbers samples and delivers them once, in order': async (place) => {
    const spool = await place.open();
    assert.equal(await spool.put(samples(0, 3)), 0);
    assert.equal(await spool.put(samples(3, 2)), 3);
    assert.equal(await spool.put([]), 5);
    const { waiting, produced, stream } = await spool.status();
    assert.deepEqual({ waiting, produced, stream }, { waiting: 5, produced: 5, stream: caseStream });
    assertAccounted(await drain(spool), 5);
    assert.equal(await spool.seal(1_000), undefined);
    await spool.close();
  },

  'spool keeps times exact to the nanosecond, and two records of the same time stay two [S0.9] [S0.10] [T1]': async (
    place,
  ) => {
    const spool = await place.open();
    const startNs = 1_612_091_235_112_730_001n;
    const times = [startNs, startNs + 1n, startNs + 1n, -1n, 2n ** 63n - 1n];
    await spool.put(times.map((timeNs, index) => ({ timeNs, bytes: new TextEncoder().encode(`sample ${index}`) })));
    const { records } = await drain(spool);
    assert.deepEqual(
      records.map((record) => record.timeNs),
      times,
    );
    await spool.close();
  },

  'spool: clock back one day: the order is that of the samples, not of their times': async (place) => {
    const spool = await place.open();
    const [first, second] = samples(0, 2);
    assert.ok(first !== undefined && second !== undefined);
    await spool.put([first]);
    await spool.put([{ ...second, timeNs: first.timeNs - 86_400_000_000_000n }]);
    assertAccounted(await drain(spool), 2);
    await spool.close();
  },

  'spool stores a view without what lies around it in its buffer, and not what happens to it later': async (place) => {
    const spool = await place.open();
    const buffer = new TextEncoder().encode('…sample 0…');
    const bytes = buffer.subarray(3, 11);
    await spool.put([{ timeNs: 1n, bytes }]);
    buffer.fill(0);
    assertAccounted(await drain(spool), 1);
    await spool.close();
  },

  'spool refuses records over the limit and times over 64 bits, storing nothing of them': async (place) => {
    const spool = await place.open({ limits: tinyLimits });
    const timeNs = 1n;
    const large = new Uint8Array(tinyLimits.recordBytesMax + 1);
    await assert.rejects(spool.put([...samples(0, 1), { timeNs, bytes: large }]), { code: 'tooLarge' });
    await assert.rejects(spool.put([{ timeNs: 2n ** 63n, bytes: new Uint8Array(1) }]), { code: 'badRequest' });
    await assert.rejects(spool.put([], 'm'.repeat(tinyLimits.mapValueBytesMax + 1)), { code: 'tooLarge' });
    assert.equal((await spool.status()).produced, 0);
    await spool.close();
  },

  'spool takes each put of a burst larger than a commit, in order': async (place) => {
    const spool = await place.open({ limits: tinyLimits });
    const burst = Array.from({ length: 60 }, (_, index) => spool.put(samples(index, 1, 4_000)));
    assert.deepEqual(await Promise.all(burst), countTo(60));
    assertAccounted(await drain(spool, 10_000), 60);
    await spool.close();
  },

  'spool stores a mark with the records of its put, and alone': async (place) => {
    const spool = await place.open({ bytesMax: 200 });
    assert.equal(await spool.mark(), undefined);
    await spool.put(samples(0, 1), 'file 1, byte 9');
    await spool.put(samples(1, 1));
    assert.equal(await spool.mark(), 'file 1, byte 9');
    await assert.rejects(spool.put(samples(2, 9), 'never'), { code: 'spoolFull' });
    await spool.put([], 'file 1, byte 12');
    await spool.close();
    const again = await place.open();
    assert.equal(await again.mark(), 'file 1, byte 12');
    await again.close();
  },

  'spool seals batches within the size asked for, one record at least': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 40));
    const small = await spool.seal(1);
    assert.ok(small !== undefined);
    assert.equal(openBatch(small.bytes, 0, crc32, defaultLimits).count, 1);
    const larger = await spool.seal(500);
    assert.ok(larger !== undefined && larger.bytes.length <= 500 && larger.bytes.length > 400);
    const { producerId } = await spool.status();
    const { producer } = openBatch(larger.bytes, 0, crc32, defaultLimits);
    assert.deepEqual(producer, { id: producerId, epoch: 0, sequence: 1 });
    await spool.close();
  },

  'spool seals thousands of samples into one batch': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 9_000));
    const batch = await spool.seal(1_000_000);
    assert.ok(batch !== undefined);
    assert.equal(openBatch(batch.bytes, 0, crc32, defaultLimits).count, 9_000);
    await spool.close();
  },

  'spool sends sealed batches again bit-identical after a restart, and seals on behind them': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 60));
    const sealed = [await spool.seal(300), await spool.seal(300), await spool.seal(300)];
    const { producerId } = await spool.status();
    await spool.acknowledge(0);
    await spool.close();

    const again = await place.open();
    assert.deepEqual(await unacknowledged(again), sealed.slice(1));
    assert.equal((await again.status()).producerId, producerId);
    assert.equal((await again.seal(300))?.sequence, 3);
    await again.acknowledge(2);
    await again.acknowledge(1);
    assert.deepEqual(
      (await unacknowledged(again)).map((batch) => batch.sequence),
      [3],
    );
    await again.close();
  },

  'spool goes on behind what is acknowledged while it yields what is not': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 60));
    for (let index = 0; index < 4; index++) await spool.seal(300);
    const seen: number[] = [];
    for await (const { sequence } of spool.unacknowledged()) {
      seen.push(sequence);
      if (sequence === 0) await spool.acknowledge(2);
    }
    assert.deepEqual(seen, [0, 3]);
    await spool.close();
  },

  'spool counts and sums what it sealed as the stream will hold it': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 20));
    const { records } = await drain(spool, 300);
    const status = await spool.status();
    assert.equal(status.sealedCount, 20);
    let checksum = 0;
    for (const { bytes } of records) checksum = crc32(bytes, checksum);
    assert.equal(status.sealedChecksum, checksum);
    assert.deepEqual([status.acknowledged, status.waiting, status.waitingBytes], [20, 0, 0]);
    await spool.close();
  },

  'spool names an acknowledgement of what it never sealed: it is an old copy [F15]': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 1));
    await spool.seal(1_000);
    await assert.rejects(spool.acknowledge(1), { code: 'dataLossDetected' });
    await spool.acknowledge(0);
    await spool.close();
  },

  'spool wait settles when something waits, at once or when it is put in, and ends with its signal': async (place) => {
    const spool = await place.open();
    const first = spool.wait();
    const second = spool.wait();
    await spool.put(samples(0, 1));
    await Promise.all([first, second, spool.wait()]);
    await drain(spool);
    const abort = new AbortController();
    const aborted = assert.rejects(spool.wait(abort.signal), { code: 'aborted' });
    abort.abort();
    await aborted;
    const closed = assert.rejects(spool.wait(), { code: 'aborted' });
    await spool.close();
    await closed;
    await assert.rejects(spool.put(samples(1, 1)), { code: 'aborted' });
  },

  'spool close stores what was put in before': async (place) => {
    const spool = await place.open();
    const puts = [spool.put(samples(0, 2)), spool.put(samples(2, 3))];
    await spool.close();
    assert.deepEqual(await Promise.all(puts), [0, 2]);
    const again = await place.open();
    assertAccounted(await drain(again), 5);
    await again.close();
  },

  'spool full under block: a put is refused, nothing of it is stored, and there is room again when it has shipped [P7]':
    async (place) => {
      const spool = await place.open({ bytesMax: 1_000 });
      let { produced } = await spool.status();
      for (let refusal: string | undefined; refusal === undefined; ) {
        refusal = await spool.put(samples(produced, 3)).then(
          () => undefined,
          (error: { readonly code?: string }) => error.code ?? 'none',
        );
        assert.ok(refusal === undefined || refusal === 'spoolFull');
        if (refusal === undefined) produced += 3;
      }
      assert.ok((await spool.status()).waitingBytes <= 1_000);
      assertAccounted(await drain(spool), produced);
      assert.equal(await spool.put(samples(produced, 3)), produced);
      await spool.close();
    },

  'spool full under gap: the oldest are dropped, and delivered + gaps = produced [P6] [I12]': async (place) => {
    const spool = await place.open({ bytesMax: 3_000, whenFull: 'gap' });
    const delivery: Delivery = { records: [], gaps: [], order: [] };
    for (let first = 0; first < 400; first += 20) {
      await spool.put(samples(first, 20));
      assert.ok((await spool.status()).waitingBytes <= 3_000);
      if (first % 100 !== 0) continue;
      const batch = await spool.seal(400);
      if (batch !== undefined) deliver(delivery, batch.bytes);
    }
    for (let batch = await spool.seal(400); batch !== undefined; batch = await spool.seal(400)) {
      deliver(delivery, batch.bytes);
    }
    assertAccounted(delivery, 400);
    const { lost } = await spool.status();
    assert.equal(delivery.records.length + lost, 400);
    assert.ok(lost > 200);
    assert.deepEqual(new Set(delivery.gaps.map(({ reason }) => reason)), new Set(['spoolFull']));
    await spool.close();
  },

  'spool: kill -9: whatever was put in is there, and sealed batches are the same bytes [F9] [F12]': async (place) => {
    const spool = await place.open();
    await spool.put(samples(0, 10));
    const sealed = await spool.seal(200);
    await spool.put(samples(10, 10));
    await place.crash(spool);
    const again = await place.open();
    assert.deepEqual(await unacknowledged(again), [sealed]);
    assertAccounted(await drain(again), 20);
    await again.close();
  },

  'spool refuses to feed another stream than the one it was made for': async (place) => {
    await (await place.open()).close();
    await assert.rejects(place.open({ stream: 'sensors/anna' }), { code: 'badRequest', message: /sensors\/paul/ });
  },
};

async function unacknowledged(spool: Spool): Promise<SpooledBatch[]> {
  const batches: SpooledBatch[] = [];
  for await (const batch of spool.unacknowledged()) batches.push(batch);
  return batches;
}

function countTo(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index);
}
