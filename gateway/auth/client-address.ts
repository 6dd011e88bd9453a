import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { toIpv6Network } from '#core/client-network.ts';

/** Where a request comes from. */
export interface ClientAddress {
  /** Null where a trusted proxy does not state it, or not clearly. */
  readonly address: string | null;
  /** What its use is counted under: an IPv4 address, or the /64 network of an IPv6 address. */
  readonly subject: string;
}

/** Hops that are looked at; a longer chain is not a real deployment. */
const hopsMax = 32;

const toFamily = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** True for an address, or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** The address in one notation: an IPv4-mapped IPv6 address is the IPv4 address, and a zone is left out. */
function normalize(text: string): string {
  const [address = ''] = text.toLowerCase().split('%');
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function toSubject(address: string): string {
  return isIP(address) === 6 ? toIpv6Network(address, 64) : address;
}

/** An address as proxies write it: with or without a port, IPv6 with or without brackets; undefined for anything else. */
function readNode(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, ported] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  const address = bracketed ?? ported ?? text;
  const isAddress = isIP(address) !== 0 && (bracketed === undefined || isIP(address) === 6);
  return isAddress ? normalize(address) : undefined;
}

/** The hops of X-Forwarded-For, the client's first. */
function readForwardedFor(header: string): (string | undefined)[] {
  return header.split(',').map((entry) => readNode(entry.trim()));
}

const element = /^\s*(?:[a-z-]+=(?:[^\s;,="]+|"(?:[^"\\]|\\.)*")\s*(?:;\s*|$))+$/i;
const forPair = /(?:^|;)\s*for=([^\s;,="]+|"(?:[^"\\]|\\.)*")/gi;

/** The hops of Forwarded (RFC 7239), the client's first. */
function readForwarded(header: string): (string | undefined)[] {
  const elements = header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
  return elements.map((text) => {
    const [pair, ...more] = [...text.matchAll(forPair)];
    if (!element.test(text) || pair === undefined || more.length > 0) return undefined;
    return readNode((pair[1] ?? '').replaceAll(/^"|"$/g, ''));
  });
}

/** The networks as a list that can be searched. */
function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    if (!isNetwork(network)) throw new RangeError(`${network} is no address and no network.`);
    const [address = '', prefix] = network.split('/');
    if (prefix === undefined) list.addAddress(address, toFamily(address));
    else list.addSubnet(address, Number(prefix), toFamily(address));
  }
  return list;
}

/**
 * Finds the address of a request's client. The peer of the connection is the client unless it is a trusted proxy: then
 * X-Forwarded-For and Forwarded are read from their end, over the proxies that are trusted, up to the first other
 * address. What a client itself wrote stands before that and is never read.
 */
export class ClientAddresses {
  readonly #trusted: BlockList | undefined;

  /** Throws RangeError for what is no address and no network. */
  constructor(trustedProxies: readonly string[] = []) {
    this.#trusted = trustedProxies.length === 0 ? undefined : networkList(trustedProxies);
  }

  isTrusted(address: string): boolean {
    return this.#trusted?.check(address, toFamily(address)) ?? false;
  }

  /** The other end of the connection; null where it has gone already. */
  readPeer(request: IncomingMessage): string | null {
    const { remoteAddress } = request.socket;
    return remoteAddress === undefined ? null : normalize(remoteAddress);
  }

  /** The client of a peer that connects itself. */
  direct(peer: string | null): ClientAddress {
    return peer === null
      ? { address: null, subject: 'unknown' }
      : { address: peer, subject: toSubject(peer) };
  }

  /** The client behind a trusted proxy; of an unknown address where the headers are malformed or contradict each other. */
  behind(proxy: string, request: IncomingMessage): ClientAddress {
    const forwardedFor = request.headers['x-forwarded-for'];
    const { forwarded } = request.headers;
    const found: (string | undefined)[] = [];
    if (forwardedFor !== undefined) found.push(this.#client(readForwardedFor(String(forwardedFor))));
    if (forwarded !== undefined) found.push(this.#client(readForwarded(forwarded)));
    const [first, second] = found;
    if (found.length === 0) return this.direct(proxy);
    // A proxy that writes one of the headers passes on the other as the client sent it.
    if (first === undefined || (found.length === 2 && first !== second)) {
      return { address: null, subject: `unknown by ${toSubject(proxy)}` };
    }
    return this.direct(first);
  }

  #client(hops: readonly (string | undefined)[]): string | undefined {
    for (let index = hops.length - 1; index >= Math.max(0, hops.length - hopsMax); index--) {
      const hop = hops[index];
      if (hop === undefined || !this.isTrusted(hop)) return hop;
    }
    return hops.length > hopsMax ? undefined : hops[0];
  }
}
