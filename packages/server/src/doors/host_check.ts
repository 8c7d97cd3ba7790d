import { isIPv6 } from 'node:net';
import { PacketboatError, quoted } from '@packetboat/core';
import type { CrossOrigin } from './cross_origin.ts';

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Whether `host`, as given for binding, is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `host` as it stands in a URL. */
export function urlHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/**
 * Checks the names in a request's head against attacks through a browser: a `Host` that is not ours (DNS rebinding),
 * and an `Origin` that is not the page of this very host (a foreign site's script).
 */
export class HostCheck {
  /** Absent when any name may lead here. */
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #crossOrigin: CrossOrigin;

  /**
   * @param host What the server is bound to.
   * @param allowedHosts Further names it is known under, without a port.
   * @throws {PacketboatError} `badRequest` for what is no such name.
   */
  constructor(host: string, allowedHosts: readonly string[], crossOrigin: CrossOrigin) {
    this.#crossOrigin = crossOrigin;
    const names = allowedHosts.map((name) => name.toLowerCase());
    for (const name of names) {
      if (URL.parse(`http://${name}`)?.hostname === name) continue;
      throw new PacketboatError('badRequest', `${quoted(name)} is no name of a host, as boat.example is`);
    }
    this.#allowed = isLoopback(host) ? new Set([...loopbackHosts, host, ...names]) : undefined;
  }

  /** @throws {PacketboatError} `wrongHost`, or `badRequest` when there is none (RFC 9112 section 3.2). */
  checkHost(hostHeader: string | undefined): void {
    if (hostHeader === undefined) throw new PacketboatError('badRequest', 'The request has no Host');
    if (this.#allowed === undefined) return;
    const name = hostHeader.replace(/:\d{1,5}$/, '').toLowerCase();
    if (this.#allowed.has(name)) return;
    throw new PacketboatError('wrongHost', `Host ${quoted(hostHeader)} is not this server`);
  }

  /** @throws {PacketboatError} `wrongOrigin` for a page of another host that is not let in, or of no host (`null`). */
  checkOrigin(origin: string | undefined, hostHeader: string | undefined): void {
    if (origin === undefined || this.#crossOrigin.lets(origin)) return;
    const host = URL.parse(origin)?.host;
    if (host !== undefined && host !== '' && host === hostHeader?.toLowerCase()) return;
    throw new PacketboatError('wrongOrigin', `Origin ${quoted(origin)} is not ${quoted(hostHeader ?? '')}`);
  }
}
