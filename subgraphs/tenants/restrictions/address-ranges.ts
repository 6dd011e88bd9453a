import { isIP } from 'node:net';
import { badInput, checkedList } from '#core/input.ts';

/** Addresses from the first to the last, as numbers of 128 bits; IPv4 addresses as those mapped into IPv6. */
interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

const mappedPrefix = 0xffffn << 32n;
const wholeBits = 128;

/** The addresses of an entry such as 10.0.0.0/8 or 2001:db8::1; undefined: it is no address. */
function parseAddressRange(entry: string): AddressRange | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const bitsMax = family === 4 ? 32 : wholeBits;
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > bitsMax) return undefined;
  const hostBits = BigInt(bitsMax - bits);
  const number = family === 4 ? mappedPrefix | ipv4Number(address) : ipv6Number(address);
  const first = (number >> hostBits) << hostBits;
  return { first, last: first | ((1n << hostBits) - 1n) };
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((number, part) => (number << 8n) | BigInt(part), 0n);
}

function ipv6Number(address: string): bigint {
  const [, head = '', ipv4] = /^(.*?)((?<=:)\d+\.\d+\.\d+\.\d+)?$/.exec(address) ?? [];
  const tail = ipv4 === undefined ? [] : toGroups(ipv4Number(ipv4));
  const [left = '', right] = head.split('::');
  const before = left.split(':').filter((group) => group !== '');
  const after = [...(right ?? '').split(':').filter((group) => group !== ''), ...tail];
  const groups =
    right === undefined
      ? [...before, ...after]
      : [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return groups.reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

function toGroups(number: bigint): string[] {
  return [(number >> 16n).toString(16), (number & 0xffffn).toString(16)];
}

/** Those of the entries that hold an address which none of `allowed` holds; an entry that is no address is one of them. */
export function addressesOutside(entries: readonly string[], allowed: readonly string[]): string[] {
  const merged = mergeRanges(allowed.flatMap((entry) => parseAddressRange(entry) ?? []));
  return entries.filter((entry) => {
    const range = parseAddressRange(entry);
    return (
      range === undefined || !merged.some(({ first, last }) => first <= range.first && range.last <= last)
    );
  });
}

/** The same addresses in as few ranges as there can be. */
function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
}

/** Single addresses or CIDR ranges; null for none at all, which means any. An empty list would lock the key out. */
export function checkedAddresses(
  addresses: readonly string[] | null | undefined,
  field: string,
): string[] | null {
  if (addresses === null || addresses === undefined) return null;
  if (addresses.length === 0) badInput(field, 'must not be empty; null means any address.');
  return checkedList(addresses, field).map((text, i) => {
    if (parseAddressRange(text) === undefined) {
      badInput(`${field}[${i}]`, 'is neither an IP address nor a range such as 10.0.0.0/8.');
    }
    return text;
  });
}
