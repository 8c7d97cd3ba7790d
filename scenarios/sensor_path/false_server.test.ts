/** Something answers at the server's address, and it is not well. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ackOf, Harbour, linesOf, missing } from './harbour.ts';

const noFakeTime = await missing('faketime', '--version');
const lines = linesOf('paul', 20);

/** Listens until `close` is called, or the harbour closes. */
async function listen(harbour: Harbour, server: Server | HttpServer) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  harbour.defer(close);
  return { port: String(port), url: `http://127.0.0.1:${port}`, close };
}

test('sensor path: the server answers 500: nothing is acknowledged or removed, it is tried again, and delivers when the server is well [A0.8] [S0.24]', async () => {
  await using harbour = await Harbour.open();
  await harbour.feed('paul', lines);
  let attempts = 0;
  const ill = createHttpServer().on('upgrade', (_request, socket) => {
    attempts += 1;
    socket.end('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nACK');
  });
  const { port, url, close } = await listen(harbour, ill);
  const shipper = harbour.ship('paul', url, ['--until-empty']);
  await harbour.until(() => attempts >= 3);
  await shipper.line(/500; waiting: 20 records, .*retry in \d+ s/);
  assert.deepEqual(shipper.stdout, []);
  await close();
  const server = await harbour.serve(['--port', port]);
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});

test('sensor path: the server takes connections and never says a word: given up after a time, again and again, and delivered when it is well [A0.8] [C0.2]', {
  skip: noFakeTime,
}, async () => {
  await using harbour = await Harbour.open();
  await harbour.feed('paul', lines);
  let attempts = 0;
  const mute = createServer(() => {
    attempts += 1;
  });
  const { port, url, close } = await listen(harbour, mute);
  // Its half minutes of patience pass forty times as fast.
  const { stdout } = await promisify(execFile)('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']);
  const env = { LD_PRELOAD: stdout.trim(), FAKETIME: '+0 x40' };
  const shipper = harbour.ship('paul', url, ['--until-empty'], { env });
  await harbour.until(() => attempts >= 3);
  await shipper.line(/No welcome came .*waiting: 20 records/);
  assert.deepEqual(shipper.stdout, []);
  await close();
  await harbour.serve(['--port', port]);
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
});
