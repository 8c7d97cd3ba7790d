import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeWorld } from '@packetboat/core/node';
import { VirtualWorld } from '@packetboat/core/testing';
import { assertAccounted, deliver, type Delivery, drain, openTestSpool, testFolder } from './testing/spool_fixture.ts';

const writerPath = fileURLToPath(new URL('./testing/spool_writer.ts', import.meta.url));

interface Writer {
  readonly child: ChildProcess;
  /** Samples that are certainly stored. */
  acknowledged(): number;
}

/** Starts a process that puts samples in, and settles when it has told of `lines` commits. */
async function startWriter(folder: string, lines: number, limit = Infinity): Promise<Writer> {
  const child = spawn(process.execPath, [writerPath, folder, String(limit)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const acknowledged = (): number => Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1)) || 0;
  while (output.split('\n').length - 2 < lines) {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    output += chunk.toString();
  }
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { child, acknowledged };
}

async function kill(writer: Writer): Promise<void> {
  writer.child.kill('SIGKILL');
  await once(writer.child, 'close');
}

test('openSpool: two processes: one puts in while the other ships, and each sample arrives once [S0.1] [S0.16]', async (context) => {
  const folder = testFolder(context);
  const shipper = await openTestSpool(folder, { role: 'shipper', world: nodeWorld });
  const total = 1_500;
  const waiting = shipper.wait();
  const { child } = await startWriter(folder, 0, total);
  await waiting;
  const delivery: Delivery = { records: [], gaps: [], order: [] };
  while (delivery.records.length < total) {
    await shipper.wait();
    const batch = await shipper.seal(4_000);
    if (batch === undefined) continue;
    deliver(delivery, batch.bytes);
    await shipper.acknowledge(batch.sequence);
  }
  assertAccounted(delivery, total);
  if (child.exitCode === null) await once(child, 'close');
  assert.equal(child.exitCode, 0);
  await shipper.close();
});

test('openSpool: kill -9 of the process that puts in: what it was told is stored arrives, and it goes on behind it [F9]', async (context) => {
  const folder = testFolder(context);
  const chance = new VirtualWorld(9).world.random;
  const shipper = await openTestSpool(folder, { role: 'shipper' });
  const delivery: Delivery = { records: [], gaps: [], order: [] };
  for (let round = 0; round < 4; round++) {
    const writer = await startWriter(folder, Math.floor(chance.fraction() * 60));
    await kill(writer);
    const { produced } = await shipper.status();
    assert.ok(produced >= writer.acknowledged());
    const { order, records, gaps } = await drain(shipper);
    delivery.order.push(...order);
    delivery.records.push(...records);
    delivery.gaps.push(...gaps);
    assertAccounted(delivery, produced);
  }
  assert.equal(delivery.gaps.length, 0);
  await shipper.close();
});

/** Runs `script` where a file system of 12 MiB is mounted on the folder `$1`, or says why that cannot be. */
function onSmallDisk(folder: string, script: string): string | undefined {
  const command = 'mount -t tmpfs -o size=12m tmpfs "$1" && exec "$2" --input-type=module-typescript -e "$3" "$1"';
  const shell = ['-c', command, 'sh', folder, process.execPath, script];
  try {
    execFileSync('unshare', ['--map-root-user', '--user', '--mount', 'true'], { stdio: 'ignore' });
  } catch {
    return 'this system gives its users no mount namespace';
  }
  execFileSync('unshare', ['--map-root-user', '--user', '--mount', 'sh', ...shell], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return undefined;
}

test('openSpool: disk full: puts are refused, nothing is half-stored, what waits can leave, and there is room again [P8] [H37]', (context) => {
  const reason = onSmallDisk(
    testFolder(context),
    `
    import assert from 'node:assert/strict';
    import { nodeWorld } from ${JSON.stringify(new URL('../../../core/src/node/mod.ts', import.meta.url).href)};
    import { assertAccounted, drain, openTestSpool, samples } from ${JSON.stringify(new URL('./testing/spool_fixture.ts', import.meta.url).href)};
    const spool = await openTestSpool(process.argv[1], { world: nodeWorld, ballastBytes: undefined });
    for (let round = 0; round < 2; round++) {
      let refusal;
      while (refusal === undefined) {
        const { produced } = await spool.status();
        refusal = await spool.put(samples(produced, 7, 2_000)).then(() => undefined, (error) => error);
        assert.equal((await spool.status()).produced, produced + (refusal === undefined ? 7 : 0));
      }
      assert.equal(refusal.code, 'diskFull', refusal.stack);
    }
    const { produced } = await spool.status();
    assertAccounted(await drain(spool), produced);
    assert.equal(await spool.put(samples(produced, 7, 2_000)), produced);
    await spool.close();
    `,
  );
  if (reason !== undefined) context.skip(reason);
});

test('openSpool: a write fails otherwise: the spool stops for good, and what it said is stored is there [P8] [F3]', async (context) => {
  const folder = testFolder(context);
  const script = `
    import assert from 'node:assert/strict';
    import { openTestSpool, samples } from ${JSON.stringify(new URL('./testing/spool_fixture.ts', import.meta.url).href)};
    process.on('SIGXFSZ', () => {}); // a file may grow no further: writes fail with EFBIG
    const spool = await openTestSpool(process.argv[1]);
    let failure;
    let stored = 0;
    while (failure === undefined) {
      failure = await spool.put(samples(stored, 7, 2_000)).then(() => undefined, (error) => error);
      if (failure === undefined) stored += 7;
    }
    assert.equal(failure.code, 'storeFailed', failure.stack);
    const again = [spool.put(samples(stored, 1)), spool.seal(1_000)];
    for (const attempt of again) assert.equal(await attempt.catch((error) => error), failure, 'nothing more is tried');
    process.stdout.write(String(stored));
    process.exit(0);
  `;
  const limited = ['-c', 'ulimit -f 4000 && exec "$1" --input-type=module-typescript -e "$2" "$3"', 'sh'];
  const stored = Number(execFileSync('sh', [...limited, process.execPath, script, folder], { encoding: 'utf8' }));
  const spool = await openTestSpool(folder);
  const { produced } = await spool.status();
  assert.ok(stored > 0 && produced >= stored);
  assertAccounted(await drain(spool, 20_000), produced);
  await spool.close();
});
