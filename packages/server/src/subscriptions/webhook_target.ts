import { BlockList, isIP, isIPv4 } from 'node:net';
import { quoted } from '@packetboat/core';

/** Which webhooks this server calls. By default none (FAILURES section 5). */
export interface WebhookOptions {
  /** Calls receivers on public addresses, by https. @default false */
  readonly public?: boolean;
  /** Calls receivers on this very machine, by http or https. @default false */
  readonly loopback?: boolean;
  /** The only public hosts that are called. @default any */
  readonly hosts?: readonly string[];
}

/** Where addresses lead. Nobody calls the `other` ones: private, link-local, shared, multicast, translated, reserved. */
export type AddressKind = 'public' | 'loopback' | 'other';

/** A webhook's URL that may be called, if its host has addresses of that kind. */
export interface WebhookTarget {
  readonly url: URL;
  readonly kind: 'public' | 'loopback';
  /** A name to be resolved, or the address itself. */
  readonly host: string;
}

/** Letters of a URL. */
const urlLengthMax = 2_048;

/** IPv4 that is not globally reachable (IANA special-purpose registry), multicast, and class E. */
const otherIPv4 = blockList('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
const loopbackIPv4 = blockList('ipv4', ['127.0.0.0/8']);
/** All of IPv6 that is given to the Internet; what is outside (mapped, translated, local, multicast) is `other`. */
const unicastIPv6 = blockList('ipv6', ['2000::/3']);
/** Within it: protocol assignments with Teredo and ORCHID, documentation, and IPv4 in disguise (6to4). */
const otherIPv6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Where an IP address leads. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) {
    if (loopbackIPv4.check(address)) return 'loopback';
    return otherIPv4.check(address) ? 'other' : 'public';
  }
  if (isIP(address) === 0) return 'other';
  // As the parser of URLs writes it: other spellings of ::1 are not met here.
  if (address === '::1') return 'loopback';
  return unicastIPv6.check(address, 'ipv6') && !otherIPv6.check(address, 'ipv6') ? 'public' : 'other';
}

/**
 * Whether a webhook's URL may be called, as far as it tells by itself. The kind of its host's addresses is checked when
 * they are known, at each call.
 *
 * @returns the target, or why it is rejected.
 */
export function webhookTarget(text: string, options: WebhookOptions): WebhookTarget | string {
  const url = text.length > urlLengthMax ? null : URL.parse(text);
  if (url === null) return `${quoted(text)} is no URL of at most ${urlLengthMax} letters`;
  if (url.username !== '' || url.password !== '') return 'A URL with credentials in it is not called';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const named = isIP(host) === 0;
  const kind = host === 'localhost' ? 'loopback' : named ? 'public' : addressKind(host);
  if (kind === 'other') return `${quoted(host)} is no address on the public Internet`;
  if (kind === 'loopback') {
    if (options.loopback !== true) return 'Receivers on loopback are not called (webhooks: loopback)';
    return url.protocol === 'http:' || url.protocol === 'https:'
      ? { url, kind, host }
      : `${quoted(url.protocol)} is neither http nor https`;
  }
  if (options.public !== true) return 'Receivers on the public Internet are not called (webhooks: public)';
  if (url.protocol !== 'https:') return `${quoted(url.protocol)} is not https`;
  const isListed = options.hosts?.some((each) => each.toLowerCase() === host) ?? true;
  if (!isListed) return `${quoted(host)} is not among the hosts that are called`;
  return { url, kind, host };
}

/**
 * The addresses of a target, which the connection is then bound to: a name that leads elsewhere the next time changes
 * nothing (DNS rebinding).
 *
 * @param resolve Asks for the addresses of a name. @throws {Error} when one of them is not of the target's kind.
 */
export async function pinAddresses(
  { host, kind }: WebhookTarget,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  if (addresses.length === 0) throw new Error(`${quoted(host)} has no address`);
  const stray = addresses.find((address) => addressKind(address) !== kind);
  if (stray !== undefined) throw new Error(`${quoted(host)} leads to ${quoted(stray)}, which is not ${kind}`);
  return addresses;
}

function blockList(family: 'ipv4' | 'ipv6', subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
