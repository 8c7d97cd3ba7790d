/** Servers, proxies and clients that end with their test, also when it fails or hangs. */
import { afterEach } from 'node:test';
import { connect, type Client, type ConnectOptions } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

/** What a test of the SDK has to do with. */
export interface Started extends AsyncDisposable {
  /** Where the server is, also after a restart. */
  readonly url: string;
  readonly server: Running;
  /** Kills the server as a power cut kills a process: nothing is finished. */
  kill(): Promise<void>;
  /** Starts it again on its folder and port. */
  restart(): Promise<void>;
  /** A link to the server that can be broken. */
  proxy(): Promise<Proxy & { readonly url: string }>;
  /** A client of the server, or of the proxy at `url`. Comes back quickly. */
  client(options?: ConnectOptions & { readonly url?: string }): Promise<Client>;
}

const running = new Set<Running>();

afterEach(async () => {
  for (const server of running) {
    running.delete(server);
    if (server.process.exitCode === null && server.process.signalCode === null) await server.end('SIGKILL');
  }
});

async function startServer(folder: string, port: string): Promise<Running & { url: string }> {
  const server = await serve(folder, ['--port', port]);
  running.add(server);
  return server;
}

/** Starts a real server on an embedded store. */
export async function start(): Promise<Started> {
  const folder = await tempFolder();
  let server = await startServer(folder.path, '0');
  const { url } = server;
  const { port } = new URL(url);
  const proxies: Proxy[] = [];
  const clients: Client[] = [];
  return {
    url,
    get server() {
      return server;
    },
    async kill() {
      await server.end('SIGKILL');
    },
    async restart() {
      server = await startServer(folder.path, port);
    },
    async proxy() {
      const target = { host: '127.0.0.1', port: Number(port) };
      const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld });
      proxies.push(proxy);
      return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
    },
    async client(options = {}) {
      const client = await connect(options.url ?? url, { backoff: { firstMs: 5, capMs: 100 }, ...options });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      if (server.process.exitCode === null && server.process.signalCode === null) await server.end();
      await folder[Symbol.asyncDispose]();
    },
  };
}
