import { isIP } from 'node:net';

/** The network of an IPv6 address, e.g. `2001:db8:1::/48`. */
export function toIpv6Network(address: string, bits: 48 | 64): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    // The last 32 bits may be written as an IPv4 address.
    const written = groups.length + after.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: Math.max(0, 8 - written) }, () => '0'));
    groups.push(...after);
  }
  const first = groups.slice(0, bits / 16).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/${bits}`;
}

/** The network that an address belongs to, as networks are assigned to sites: of IPv4 the /24, of IPv6 the /48. Null for what is no address. */
export function toSiteNetwork(address: string): string | null {
  const version = isIP(address);
  if (version === 0) return null;
  return version === 6 ? toIpv6Network(address, 48) : `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
}
