import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PacketboatError } from '@packetboat/core';
import { formatAddress } from './address.ts';
import type { Endpoint } from './proxy.ts';

/**
 * Checks that what goes to `target` does not come in at `listen`: the proxy would be its own client, without end. A name
 * that cannot be looked up leads nowhere.
 *
 * @throws {PacketboatError} `badRequest`
 */
export async function checkTarget(target: Endpoint, listen: Endpoint): Promise<void> {
  if (target.port !== listen.port || listen.port === 0) return;
  const [there, here] = await Promise.all([addressesOf(target.host), addressesOf(listen.host)]);
  if (!there.some((address) => here.includes(address))) return;
  const text = `The target ${formatAddress(target)} leads back to ${formatAddress(listen)}, where the proxy listens`;
  throw new PacketboatError('badRequest', text);
}

/** The addresses that `host` stands for; `0.0.0.0` and `::` stand for all that this machine has. */
async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host || '::', { all: true }).catch(() => []);
  return found.flatMap(({ address }) =>
    address === '0.0.0.0' || address === '::' ? ownAddresses(address) : [address],
  );
}

function ownAddresses(wildcard: string): string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return own.filter(({ family }) => isIPv6(wildcard) || family === 'IPv4').map(({ address }) => address);
}
