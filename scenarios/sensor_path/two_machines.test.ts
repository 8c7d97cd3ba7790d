/** Sensor and server on two machines: two network namespaces with a cable between them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { run } from '../support/packetboat.ts';
import { Harbour, interrupt, printed } from './harbour.ts';

const command = promisify(execFile);

/** Two namespaces, each with one end of a cable. */
class Cable implements AsyncDisposable {
  readonly shore = `pb-shore-${process.pid}`;
  readonly boat = `pb-boat-${process.pid}`;
  readonly shoreAddress = '10.99.77.1';

  static async lay(): Promise<Cable> {
    const cable = new Cable();
    const { shore, boat, shoreAddress } = cable;
    for (const name of [shore, boat]) await command('ip', ['netns', 'add', name]);
    const ends = ['name', 'pb0', 'netns', shore, 'type', 'veth', 'peer', 'name', 'pb0', 'netns', boat];
    await command('ip', ['link', 'add', ...ends]);
    for (const [name, address] of [
      [shore, shoreAddress],
      [boat, '10.99.77.2'],
    ] as const) {
      await command('ip', ['-n', name, 'address', 'add', `${address}/24`, 'dev', 'pb0']);
      for (const device of ['pb0', 'lo']) await command('ip', ['-n', name, 'link', 'set', device, 'up']);
    }
    return cable;
  }

  /** Pulls the plug on the boat, or puts it in again. */
  async set(state: 'up' | 'down'): Promise<void> {
    await command('ip', ['-n', this.boat, 'link', 'set', 'pb0', state]);
  }

  /** What runs a command in a namespace. */
  static within(name: string): { wrapper: readonly string[] } {
    return { wrapper: ['ip', 'netns', 'exec', name] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [this.shore, this.boat]) await command('ip', ['netns', 'delete', name]).catch(() => undefined);
  }
}

const skip = await Cable.lay().then(
  async (cable) => {
    await cable[Symbol.asyncDispose]();
    return false;
  },
  () => 'laying a cable between network namespaces needs root and iproute2',
);

test('sensor path: the server on another machine: refused beyond loopback unless it is asked for, on port 8000 unless told otherwise; a pulled cable loses nothing [S0.21] [S0.27] [P9]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const cable = await Cable.lay();
  harbour.defer(() => cable[Symbol.asyncDispose]());
  const { shore, boat, shoreAddress } = cable;
  const serve = ['serve', '--data', harbour.path('data'), '--host', shoreAddress];
  const refused = await run(serve, Cable.within(shore));
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--insecure/);

  const server = harbour.start([...serve, '--insecure'], Cable.within(shore));
  const [, url = ''] = await server.line(/^listening on (http:\/\/\S+)$/);
  assert.equal(url, `http://${shoreAddress}:8000`);
  const { stdout } = await command('ip', ['netns', 'exec', shore, 'ss', '-ltnH']);
  assert.match(stdout, new RegExp(`LISTEN .* ${shoreAddress}:8000 `));

  const sensor = harbour.sensor('paul', ['--interval', '20ms', '--print']);
  const shipper = harbour.ship('paul', url, [], Cable.within(boat));
  await printed(shipper, 10);
  await cable.set('down');
  const before = shipper.stdout.length;
  await printed(sensor, sensor.stdout.length + 20);
  assert.ok(shipper.stdout.length < before + 10, 'the cable is out');
  await cable.set('up');
  await printed(shipper, before + 20);
  await interrupt(sensor);
  await printed(shipper, sensor.stdout.length);
  await interrupt(shipper);
  const verify = ['streams', 'verify', 'sensors/paul', '--spool', harbour.path('spool'), '--server', url];
  const verdict = await run(verify, Cable.within(boat));
  assert.deepEqual([verdict.code, /equal and complete/.test(verdict.stdout)], [0, true], verdict.stdout);
  await interrupt(server);
});
