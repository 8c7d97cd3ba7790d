/** Something answers at the server's address, and it is not well. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ackOf, Harbour, interrupt, linesOf, missing, printed } from './harbour.ts';

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

test('sensor path: a server that takes everything and answers nothing: nothing is removed, also not by a stop, and the next shipper gets the answers [A0.8] [F9] [I12]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const proxy = await harbour.proxyTo(server.url);
  const shipper = harbour.ship('paul', proxy.url);
  const [first = '', ...others] = lines;
  await harbour.feed('paul', [first]);
  await printed(shipper, 1);
  proxy.add({ fault: 'drop' }, { direction: 'down' });
  await harbour.feed('paul', others);
  const client = await harbour.client(server.url);
  await harbour.until(async () => (await client.streams.info('sensors/paul')).tail === 20);
  await interrupt(shipper);
  assert.deepEqual(shipper.stdout, [ackOf(first)]);
  assert.match(shipper.stderr.join('\n'), /Shipping stopped; waiting: 19 records/);
  const next = harbour.ship('paul', server.url, ['--until-empty']);
  assert.equal((await next.exited).code, 0);
  assert.deepEqual(next.stdout, others.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});
