import { PacketboatError, quoted, type World } from '@packetboat/core';
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
    const proxy = await this.#start(name, wish);
    this.#proxies.set(name, proxy);
    return proxy;
  }

  /** Starts the proxy anew when its addresses change; its faults stay. */
  async update(name: string, wish: ProxyWish): Promise<Proxy> {
    const old = this.get(name);
    if (!sameEndpoint(old, wish.listen) || !sameEndpoint(old.target, wish.upstream)) return this.#restart(name, wish);
    if (wish.enabled) await old.enable();
    else old.disable();
    return old;
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

  async #restart(name: string, wish: ProxyWish): Promise<Proxy> {
    const old = this.get(name);
    const { faults } = old;
    const before: ProxyWish = {
      listen: { host: old.host, port: old.port },
      upstream: old.target,
      enabled: old.enabled,
    };
    this.#proxies.delete(name);
    await old.stop();
    let proxy: Proxy;
    let failure: unknown;
    try {
      proxy = await this.#start(name, wish);
    } catch (error) {
      failure = error;
      proxy = await this.#start(name, before);
    }
    for (const { fault, ...place } of faults) proxy.add(fault, place);
    this.#proxies.set(name, proxy);
    if (failure !== undefined) throw failure;
    return proxy;
  }

  async #start(name: string, { listen, upstream: target, enabled }: ProxyWish): Promise<Proxy> {
    const { world, seed, onEvent } = this.#options;
    const proxy = await startProxy({ listen, target, world, seed, onEvent: (event) => onEvent?.(name, event) });
    if (!enabled) proxy.disable();
    return proxy;
  }
}

function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.host === right.host && left.port === right.port;
}
