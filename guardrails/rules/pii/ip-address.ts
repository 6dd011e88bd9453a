import { isIPv6 } from 'node:net';
import { type FoundPii, isWordUnit, type NumberFinder } from './finder.ts';
import { readIpv4 } from './number-forms.ts';

const dotted = /(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)/y;
const versionWords =
  /(?:version|release|firmware|build|ver|rev|oid|chapter|section|kapitel|v)[\s.:="'/-]*$|[a-z][\w-]*[/=@-]$/;
const addressWords =
  /\b(?:ip|ipv4|addr|address|adresse|host|server|client|from|remote|peer|dns|gateway|via)\b/;

/** Networks whose addresses are of no one in particular (RFC 6890): the first address and the bits that all of them have. */
const special = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['224.0.0.0', 3],
  ] as const
).map(([network, bits]) => ({ first: readIpv4(network), mask: -1 << (32 - bits) }));
/** Bits of numbers of 32 and more. */
const largeBits = 0xe0e0_e0e0 | 0;

/** Addresses of version 4: public ones, unless `hasPrivate`. Four small numbers are a version, unless a word announces an address. */
export function createIpv4Finder(hasPrivate: boolean): NumberFinder {
  return ({ text, units, at, from, length, context }) => {
    if (from !== at || length > 3 || units[at + length] !== 0x2e) return null;
    dotted.lastIndex = at;
    const written = dotted.exec(text)?.[0];
    const address = written === undefined ? null : readIpv4(written);
    if (written === undefined || address === null) return null;
    if (!hasPrivate && special.some(({ first, mask }) => (address & mask) === first)) return null;
    const before = context();
    if (versionWords.test(before)) return null;
    const isSmall = (address & largeBits) === 0;
    if (isSmall && !addressWords.test(before)) return null;
    return { kind: 'IP_ADDRESS', start: at, end: at + written.length };
  };
}

const grouped = /[0-9A-Fa-f:]{4,39}(?:\.\d{1,3}){0,3}/y;

/** Addresses of version 6: of the public networks, unless `hasPrivate`; of at least three groups. */
export function findIpv6(text: string, hasPrivate: boolean): readonly FoundPii[] {
  const found: FoundPii[] = [];
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    if (!isHexUnit(text.charCodeAt(at - 1))) continue;
    let start = at;
    while (at - start < 5 && isHexUnit(text.charCodeAt(start - 1))) start -= 1;
    const before = text.charCodeAt(start - 1);
    if (at - start > 4 || isWordUnit(before) || before === 0x3a || before === 0x2e) continue;
    // No address begins within another one: a colon or a digit stands before what follows.
    const isPublic = at - start === 4 && /^[23][0-9a-f]{3}$/i.test(text.slice(start, at));
    if (!isPublic && !hasPrivate) continue;
    grouped.lastIndex = start;
    const written = grouped.exec(text)?.[0];
    if (written === undefined) continue;
    const address = written.replace(/:$/, '');
    const end = start + address.length;
    const isWhole = !isWordUnit(text.charCodeAt(end));
    const groups = address.split(':').filter((group) => group !== '').length;
    // Of eight groups, the last two of which may be written as one, or shortened.
    const mayBeAddress = groups >= 7 || (groups >= 3 && address.includes('::'));
    const isAddress = isWhole && mayBeAddress && /\d/.test(address) && isIPv6(address);
    if (isAddress) found.push({ kind: 'IP_ADDRESS', start, end });
    at = start + written.length - 1;
  }
  return found;
}

function isHexUnit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66) || (unit >= 0x41 && unit <= 0x46);
}
