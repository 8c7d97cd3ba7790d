/** Serves pages that import the packages' sources, and links the pages to a server as long as it is told to. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

const root = new URL('../../', import.meta.url);

/** Where a page finds what it imports by name. */
const imports = {
  '@packetboat/core': '/packages/core/src/mod.ts',
  '@packetboat/client': '/packages/client/src/mod.ts',
  '@packetboat/client/browser': '/packages/client/src/browser/mod.ts',
  // Of the front door for tests only what needs no Node.
  '@packetboat/core/testing': '/packages/core/src/testing/spool_cases.ts',
  'node:assert/strict': '/scenarios/browser/page/assert.ts',
};

export class PageServer {
  readonly #server: Server;
  readonly #target: URL | undefined;
  readonly #links = new Set<Duplex>();
  #isLinkUp = true;

  private constructor(target: string | undefined) {
    this.#target = target === undefined ? undefined : new URL(target);
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://page').pathname;
      answer(path).then(
        ({ type, text }) => response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(text),
        () => response.writeHead(404).end(),
      );
    });
    this.#server.on('upgrade', (request, socket, head) => this.#link(request, socket, head));
  }

  /** @param target The server to which WebSockets of the pages are linked. @default none */
  static async start(target?: string): Promise<PageServer> {
    const server = new PageServer(target);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** Address of the page that runs the script `scenarios/browser/page/<name>.ts`. */
  page(name: string): string {
    return `${this.origin}/${name}`;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every link, and refuses new ones. */
  linkDown(): void {
    this.#isLinkUp = false;
    for (const link of this.#links) link.destroy();
  }

  linkUp(): void {
    this.#isLinkUp = true;
  }

  async close(): Promise<void> {
    this.linkDown();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #link(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#isLinkUp || this.#target === undefined) {
      socket.destroy();
      return;
    }
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    }
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    this.#join(socket, upstream);
    this.#join(upstream, socket);
  }

  #join(from: Duplex, to: Duplex | Socket): void {
    this.#links.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#links.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}

async function answer(path: string): Promise<{ readonly type: string; readonly text: string }> {
  if (/^\/(?:packages|scenarios)\/[\w/-]+\.ts$/.test(path)) {
    const source = await readFile(new URL(`.${path}`, root), 'utf8');
    return { type: 'text/javascript', text: stripTypeScriptTypes(source) };
  }
  const [, name] = /^\/(\w+)$/.exec(path) ?? [];
  if (name === undefined) throw new Error(`There is no page ${path}`);
  const text = `<!doctype html>
<title>${name}</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/scenarios/browser/page/${name}.ts"></script>`;
  return { type: 'text/html', text };
}
