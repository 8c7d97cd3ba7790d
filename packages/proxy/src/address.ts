import { isIPv6 } from 'node:net';
import { PacketboatError, quoted } from '@packetboat/core';
import type { Endpoint } from './proxy.ts';

const portMax = 65_535;

/** `127.0.0.1:26379`, `[::1]:80`, `harbour.example:8000`. @throws {PacketboatError} `badRequest` */
export function parseAddress(text: string): Endpoint {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > portMax) {
    throw new PacketboatError('badRequest', `address ${quoted(text)} is not host:port`);
  }
  return { host: bracketed ?? plain, port: Number(port) };
}

export function formatAddress({ host, port }: Endpoint): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

export function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.host === right.host && left.port === right.port;
}

/** Whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
