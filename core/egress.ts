import { BlockList, isIP } from 'node:net';
import { HeddleError } from './errors.ts';

/**
 * Where the mesh may send calls. Addresses that no AI model has are never called, whatever an operator allows: link-local
 * ones, those of the clouds' metadata services (which hand out credentials), and no single host's.
 */
export interface Egress {
  /**
   * Why calls may not go to a host, named by its name or address; null: they may, or its addresses decide once they are
   * known.
   */
  refusalOfHost(hostname: string): string | null;
  /** Why a connection may not be made to an address of the host; null: it may. */
  refusalOfAddress(address: string, hostname: string): string | null;
  /** Why a host may not stand in the URL of a file, which providers fetch from where they are; null: it may. */
  refusalOfFileHost(hostname: string): string | null;
  /** Why texts may not be sent to a URL that a setting names; null: they may. Without TLS they go to hosts alone that are inside the operator's network, or named. */
  refusalOfEndpoint(url: URL): string | null;
  /** The same rules for what tenants define, such as their providers: what is inside the operator's network must be named to be called. */
  readonly ofTenants: Pick<Egress, 'refusalOfHost' | 'refusalOfAddress' | 'refusalOfEndpoint'>;
}

const never = buildBlockList([
  // "This host", multicast and broadcast.
  '0.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'ff00::/8',
  // Link-local.
  '169.254.0.0/16',
  'fe80::/10',
  // Metadata services elsewhere: AWS and Google over IPv6, Alibaba, Azure, Oracle.
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
]);
const metadataNames: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
]);
/** Networks that only machines of the operator reach. */
const inside = buildBlockList([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '198.18.0.0/15',
  '240.0.0.0/4',
  '::1/128',
  'fc00::/7',
  'fec0::/10',
]);
/** Where IPv6 addresses hold an IPv4 address: the network, and the first of the two groups. IPv4-mapped ones the lists know. */
const embeddings: readonly (readonly [network: BlockList, group: number])[] = [
  // IPv4-compatible, IPv4-translated, NAT64 (well known, and for local use).
  [buildBlockList(['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48']), 6],
  // 6to4.
  [buildBlockList(['2002::/16']), 1],
];
const insideName =
  /^[^.]+$|\.(?:localhost|localdomain|local|internal|private|lan|home|home\.arpa|corp|intranet|svc)$/;
const hostName = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

function buildBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** A host as URLs have it: in lower case, IPv6 without brackets, without a dot at its end. */
function normalHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '');
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The IPv4 address that an IPv6 address stands for where a gateway or a tunnel translates it. */
function embeddedIn(withZone: string): string | undefined {
  const [address = ''] = withZone.split('%');
  const embedding = embeddings.find(([network]) => network.check(address, 'ipv6'));
  if (embedding === undefined) return undefined;
  const [, group] = embedding;
  // URLs write out of every group the hexadecimal digits, with at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  const halves = groups.slice(group, group + 2).map((text) => Number.parseInt(text, 16));
  const embedded = halves.flatMap((value) => [value >> 8, value & 255]);
  // Loopback is ::1, which stands for no address of the network 0.0.0.0/8.
  return embedded[0] === 0 ? undefined : embedded.join('.');
}

/** Is the address in one of the networks, also as an IPv6 address that stands for it? */
function reaches(list: BlockList, address: string): boolean {
  if (contains(list, address)) return true;
  const embedded = isIP(address) === 6 ? embeddedIn(address) : undefined;
  return embedded !== undefined && list.check(embedded, 'ipv4');
}

interface AllowList {
  readonly names: ReadonlySet<string>;
  /** Ends of names, each with its dot. */
  readonly suffixes: readonly string[];
  readonly networks: BlockList;
}

/**
 * Reads a list of hosts, separated by commas: names, `*.example.com` for all names below one, addresses and networks such
 * as 10.1.0.0/16. Throws BAD_USER_INPUT naming the entry that is none of these.
 */
export function parseAllowList(text: string): AllowList {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const networks: string[] = [];
  for (const entry of text.split(',').map((part) => normalHost(part.trim()))) {
    if (entry === '') continue;
    const [address = '', bits, ...rest] = entry.split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    if (family !== 0 && rest.length === 0 && !address.includes('%')) {
      if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) throw unreadable(entry);
      networks.push(`${address}/${bits ?? most}`);
    } else if (!hostName.test(entry) || /^[\d.]+$/.test(entry)) throw unreadable(entry);
    else if (entry.startsWith('*.')) suffixes.push(entry.slice(1));
    else names.add(entry);
  }
  return { names, suffixes, networks: buildBlockList(networks) };
}

function unreadable(entry: string): HeddleError {
  return new HeddleError(
    'BAD_USER_INPUT',
    `${JSON.stringify(entry.slice(0, 100))} must be a host name, an address or a network, such as 10.0.0.0/8.`,
  );
}

const neverAllowed = 'is of a network where no AI model is: link-local, metadata services, multicast';
const notListed = 'is not among those that HEDDLE_EGRESS_ALLOW names';
const isNotEncrypted = 'must be called over https';
const isInsideNetwork = "is inside the operator's network";

/** @param allowed hosts as `parseAllowList` reads them; undefined: every host that is not always refused */
export function createEgress(allowed?: string): Egress {
  const list = allowed === undefined ? undefined : parseAllowList(allowed);
  const isNamed = (host: string) =>
    list !== undefined &&
    (list.names.has(host) || list.suffixes.some((suffix) => host.endsWith(suffix)) || isListed(host));
  const isListed = (address: string) => list !== undefined && contains(list.networks, address);

  const egress: Omit<Egress, 'ofTenants'> = {
    refusalOfHost(hostname) {
      const host = normalHost(hostname);
      if (reaches(never, host) || metadataNames.has(host)) return `${host} ${neverAllowed}`;
      if (list === undefined || isNamed(host)) return null;
      // A name may stand for an address that is allowed.
      return isIP(host) === 0 ? null : `${host} ${notListed}`;
    },
    refusalOfAddress(address, hostname) {
      if (reaches(never, address)) return `${normalHost(hostname)} (${address}) ${neverAllowed}`;
      if (list === undefined || isNamed(normalHost(hostname)) || isListed(address)) return null;
      return `${normalHost(hostname)} ${notListed}`;
    },
    refusalOfFileHost(hostname) {
      const host = normalHost(hostname);
      if (reaches(never, host) || metadataNames.has(host)) return `${host} ${neverAllowed}`;
      if (isNamed(host)) return null;
      const isInside = isIP(host) === 0 ? insideName.test(host) : reaches(inside, host);
      return isInside ? `${host} ${isInsideNetwork}` : null;
    },
    refusalOfEndpoint({ protocol, hostname }) {
      const refusal = egress.refusalOfHost(hostname);
      if (refusal !== null) return refusal;
      const isNear = isNamed(normalHost(hostname)) || egress.refusalOfFileHost(hostname) !== null;
      return protocol === 'https:' || isNear ? null : `${normalHost(hostname)} ${isNotEncrypted}`;
    },
  };
  const ofTenants: Egress['ofTenants'] = {
    refusalOfHost: (hostname) => egress.refusalOfFileHost(hostname) ?? egress.refusalOfHost(hostname),
    refusalOfEndpoint: (url) => ofTenants.refusalOfHost(url.hostname) ?? egress.refusalOfEndpoint(url),
    refusalOfAddress(address, hostname) {
      const refusal = egress.refusalOfAddress(address, hostname);
      if (refusal !== null || isNamed(normalHost(hostname)) || isListed(address)) return refusal;
      return reaches(inside, address) ? `${normalHost(hostname)} (${address}) ${isInsideNetwork}` : null;
    },
  };
  return { ...egress, ofTenants };
}

/** Where nothing is configured. */
export const openEgress: Egress = createEgress();
