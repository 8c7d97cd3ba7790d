import { PacketboatError, quoted, type World } from '@packetboat/core';
import { sameEndpoint } from './address.ts';
import type { Endpoint, Proxy, ProxyEvent } from './proxy.ts';
import { startProxy } from './start_proxy.ts';

/** What a {@linkcode ProxySet} needs. */
export interface ProxySetOptions {
  readonly world: World;
  /** Decides all chance of the proxies it starts. */
  readonly seed: number;
  /** Told what its proxies do. @default nobody */
  readonly onEvent?: ((name: string, event: ProxyEvent) => void) | undefined;
}

/** What is wanted of a proxy. */
export interface ProxyWish {
  readonly listen: Endpoint;
  readonly upstream: Endpoint;
  readonly enabled: boolean;
}

/** Proxies of one set: more is a mistake (P7). */
const proxiesMax = 256;
const nameLengthMax = 128;

/** Proxies by their names. */
export class ProxySet {
  readonly #options: ProxySetOptions;
  readonly #proxies = new Map<string, Proxy>();
  /** Requests change the set one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ProxySetOptions) {
    this.#options = options;
  }

  /** Lets `change` have the set for itself. */
  inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => {});
    return turn;
  }

  entries(): [name: string, proxy: Proxy][] {
    return [...this.#proxies];
  }

  /** @throws {PacketboatError} `notFound` */
  get(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new PacketboatError('notFound', 'proxy not found');
    return proxy;
  }

  /** @throws {PacketboatError} `badRequest`, `exists`, `limitReached`, or `unreachable` when it cannot listen there. */
  async create(name: string, wish: ProxyWish): Promise<Proxy> {
    if (name === '' || name.length > nameLengthMax || /[\p{Cc}/]/u.test(name)) {
      throw new PacketboatError(
        'badRequest',
        `name ${quoted(name)} is not 1 to ${nameLengthMax} characters without "/"`,
      );
    }
    if (this.#proxies.has(name)) throw new PacketboatError('exists', 'proxy already exists');
    if (this.#proxies.size >= proxiesMax) {
      throw new PacketboatError('limitReached', `there are ${proxiesMax} proxies already`);
    }
    const { world, seed, onEvent } = this.#options;
    const { listen, upstream: target, enabled } = wish;
    const proxy = await startProxy({ listen, target, world, seed, onEvent: (event) => onEvent?.(name, event) });
    if (!enabled) proxy.disable();
    this.#proxies.set(name, proxy);
    return proxy;
  }

  /** @throws {PacketboatError} `notFound`, or as {@linkcode Proxy.move} and {@linkcode Proxy.enable} say. */
  async update(name: string, { listen, upstream, enabled }: ProxyWish): Promise<Proxy> {
    const proxy = this.get(name);
    if (!sameEndpoint(proxy, listen) || !sameEndpoint(proxy.target, upstream)) await proxy.move(listen, upstream);
    if (enabled) await proxy.enable();
    else proxy.disable();
    return proxy;
  }

  async delete(name: string): Promise<void> {
    const proxy = this.get(name);
    this.#proxies.delete(name);
    await proxy.stop();
  }

  /** Every proxy listens, and no fault acts. */
  async reset(): Promise<void> {
    for (const proxy of this.#proxies.values()) {
      await proxy.clear();
      await proxy.enable();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
  }
}
