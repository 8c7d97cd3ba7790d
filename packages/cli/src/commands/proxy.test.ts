import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { runProgram } from '../program.ts';
import { eventually } from '../testing/eventually.ts';
import { testContext } from '../testing/test_context.ts';

let echo: Server;
let target: string;
let folder: string;

before(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  target = String((echo.address() as AddressInfo).port);
  folder = await mkdtemp(join(tmpdir(), 'packetboat-proxy-'));
});

after(async () => {
  echo.close();
  await rm(folder, { recursive: true });
});

const running = new Set<() => Promise<number>>();

afterEach(async () => {
  for (const stop of running) await stop();
  running.clear();
});

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
}

/** `packetboat proxy` with these words, in this process. */
function start(...words: string[]) {
  const context = testContext();
  const exited = runProgram(['proxy', ...words], context);
  const { said, process, stdin } = context;
  const stop = async (): Promise<number> => {
    process.emit('SIGINT', 'SIGINT');
    return exited;
  };
  running.add(stop);
  return {
    said,
    exited,
    stop,
    type: (line: string) => stdin.write(`${line}\n`),
    async port(): Promise<number> {
      await eventually(() => /127\.0\.0\.1:\d+/.test(said.stdout));
      return Number(/127\.0\.0\.1:(\d+)/.exec(said.stdout)?.[1]);
    },
  };
}

/** A connection, and whether it has answered. */
async function say(port: number, what: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(what);
  const [answer] = await once(socket, 'data');
  assert.equal(String(answer), what);
  return socket.on('error', () => {});
}

test('proxy relays both ways; Ctrl-C ends every connection, tells what there was, and frees the port at once [S2.22] [S2.24]', async () => {
  const first = start('0', target);
  const port = await first.port();
  const socket = await say(port, 'ahoy');
  const ended = closed(socket);
  assert.equal(await first.stop(), 0);
  await ended;
  assert.equal(first.said.stdout, `listening on 127.0.0.1:${port} -> 127.0.0.1:${target}\n`);
  assert.match(first.said.stderr, /^connection 1: from 127\.0\.0\.1:\d+$/m);
  assert.match(first.said.stderr, /^connection 1: over after 0 ms: the proxy stops; 4 B up, 4 B down$/m);
  assert.match(
    first.said.stderr,
    /^Stopped: 1 connection \(1 stopped\); 4 B up, 4 B down; 0 B swallowed; faults: none\.$/m,
  );

  const second = start(String(port), target);
  assert.equal(await second.port(), port);
  (await say(port, 'again')).destroy();
  assert.equal(await second.stop(), 0);
});

test('proxy takes both addresses, or --target alone [S2.23]', async () => {
  const one = start('0');
  assert.equal(await one.exited, 2);
  assert.match(one.said.stderr, /Give both ports, where to listen and where the server is, or --target alone/);
  assert.equal(await start('0', target, '--target', target).exited, 2);
  assert.equal(await start('0', 'nonsense').exited, 2);

  // The default port may be taken on this machine; that is an answer too.
  const named = start('--target', target);
  await eventually(() => named.said.stdout !== '' || named.said.stderr !== '');
  assert.match(named.said.stdout + named.said.stderr, /127\.0\.0\.1:49156/);
  await named.stop();
});

test('proxy on a port that another program uses: says so, and exits as serve does [S2.22]', async () => {
  const refused = start(target, '9');
  assert.equal(await refused.exited, 1);
  const expected = `packetboat: Cannot listen on 127.0.0.1:${target}: another program uses the port. Choose another address to listen on.\n`;
  assert.equal(refused.said.stderr, expected);
});

test('proxy refuses to be its own server [S2.23]', async () => {
  const refused = start('49342', 'localhost:49342');
  assert.equal(await refused.exited, 2);
  const expected =
    'packetboat: The target localhost:49342 leads back to 127.0.0.1:49342, where the proxy listens. See packetboat proxy --help.\n';
  assert.equal(refused.said.stderr, expected);
});

test('proxy does what is typed, and says so line by line', async () => {
  const proxy = start('0', target, '--commands');
  const port = await proxy.port();
  await eventually(() => proxy.said.stderr.includes('help for all'));
  proxy.type('down');
  await eventually(() => proxy.said.stderr.includes('remove down_1'));
  proxy.type('explode');
  proxy.type('clear');
  await eventually(() => proxy.said.stderr.includes('The link is whole.'));
  (await say(port, 'ahoy')).destroy();
  await eventually(() => proxy.said.stderr.includes('connection 1: over'));
  await proxy.stop();
  assert.match(proxy.said.stderr, /^fault down_1: down$/m);
  assert.match(proxy.said.stderr, /There is no fault "explode"/);
  assert.match(proxy.said.stderr, /^fault down_1 is over$/m);
  assert.match(proxy.said.stderr, /faults: 1 down\.$/m);
});

test('proxy tells machines with --json: one object a line on stdout, none of it for people', async () => {
  const proxy = start('0', target, '--json', '--seed', '7', '--api', '0');
  const port = await proxy.port();
  (await say(port, 'ahoy')).resetAndDestroy();
  await eventually(() => proxy.said.stdout.includes('disconnected'));
  await proxy.stop();
  const lines = proxy.said.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['listening', 'connected', 'disconnected', 'stopped'],
  );
  const { api, ...listening } = lines[0];
  assert.ok(api > 0);
  assert.deepEqual(listening, {
    event: 'listening',
    listen: `127.0.0.1:${port}`,
    upstream: `127.0.0.1:${target}`,
    seed: 7,
  });
  assert.deepEqual(lines[2], {
    event: 'disconnected',
    proxy: 'packetboat',
    connection: 1,
    cause: 'clientReset',
    lastedMs: 0,
    upBytes: 4,
    downBytes: 4,
  });
  assert.equal(lines[3].connections, 1);
  assert.equal(proxy.said.stderr, '');
});

test('proxy serves Toxiproxy’s API when asked', async () => {
  const proxy = start('0', target, '--api', '0');
  const port = await proxy.port();
  await eventually(() => proxy.said.stderr.includes('control API'));
  const [, url = ''] = /control API listens on (http:\S+\d)/.exec(proxy.said.stderr) ?? [];
  const body = JSON.stringify({ type: 'limit_data', attributes: { bytes: 4, how: 'reset' }, stream: 'upstream' });
  const answer = await fetch(`${url}/proxies/packetboat/toxics`, { method: 'POST', body });
  assert.equal(answer.status, 200);
  const socket = connect(port, '127.0.0.1');
  const reset = once(socket, 'error').catch((reason: unknown) => [reason]);
  socket.write('too long');
  assert.match(String((await reset)[0]), /ECONNRESET/);
  await eventually(() => proxy.said.stderr.includes('over after 0 ms: a fault cut it; 4 B up'));
  assert.equal(await proxy.stop(), 0);
});

test('proxy follows a schedule, and names the line that it cannot read', async () => {
  const good = join(folder, 'good.jsonl');
  await writeFile(good, '# one fault\n{"on": "connected", "nth": 2, "fault": "cut", "connections": "this"}\n');
  const proxy = start('0', target, '--schedule', good);
  const port = await proxy.port();
  const stays = await say(port, 'ahoy');
  await closed(connect(port, '127.0.0.1'));
  await eventually(() => proxy.said.stderr.includes('The schedule is at its end.'));
  assert.match(proxy.said.stderr, /^connection 2: connected 2 is about to pass$/m);
  assert.equal(stays.destroyed, false);
  stays.destroy();
  await proxy.stop();

  const bad = join(folder, 'bad.jsonl');
  await writeFile(bad, '{"atMs": 1, "fault": "drop"}\n{"atMs": 2, "fault": "dorp"}\n');
  const refused = start('0', target, '--schedule', bad);
  assert.equal(await refused.exited, 2);
  assert.match(refused.said.stderr, /Bad fault: line 2: fault "dorp" is none of .* docs\/proxy\.md\.\n$/);
});
