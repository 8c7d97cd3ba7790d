import { isIPv6 } from 'node:net';

/** Groups of an IPv6 address that name a network, and so one client: nobody is given less than a /64. */
const networkGroups = 4;

/** Whom limits per client count: an IPv4 address, or the /64 network of an IPv6 address. */
export function clientOf(address: string): string {
  const [bare = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  // What `::` stands for; a dotted quad at the end counts as two groups.
  const hidden = tail === undefined ? 0 : 8 - groups.length - last.length - (bare.includes('.') ? 1 : 0);
  const all = [...groups, ...Array.from({ length: hidden }, () => '0'), ...last];
  return `${all.slice(0, networkGroups).join(':')}::/64`;
}
