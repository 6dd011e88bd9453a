import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import type { GatewayLimits } from '../limits.ts';
import type { ClientAddresses } from './client-address.ts';

/** A request that is refused until its client has made fewer refused ones. */
export class RateLimited extends HeddleError {
  constructor(message: string, retryAfterMs: number) {
    super('RATE_LIMITED', message, { extensions: { retryAfterMs, notBegun: true } });
  }
}

/** The same by its address: whatever it sends is refused, but for keys that are known to be good. */
export class AddressThrottled extends RateLimited {
  /** What is counted under the address: an IPv4 address, or the /64 network of an IPv6 address. */
  readonly network: string;

  constructor(message: string, retryAfterMs: number, { network }: Client) {
    super(message, retryAfterMs);
    this.network = network;
  }
}

/** Clients that are counted separately; further ones are counted as one. */
const clientsMax = 20_000;
/** Clients that are looked at to find one that may be forgotten. */
const lookedAtMax = 64;
/** Refusals that may come at once, in seconds of their rate. */
const burstSeconds = 10;
/** Keys never seen that an address may have looked up each second while its requests are refused. */
const lookupsPerSecondMax = 5;
/** How much more than an address without a key a key may be refused, and loopback may connect. */
const keyFactor = 5;
const loopbackFactor = 10;
/** What one client, and all without a key together, may hold of the bytes that are held in all. */
const shareOfBytes = 4;
/** Answers of which so little is left are not counted: they are many, and connections are bounded. */
const unreadBytesMin = 16 * 1024;
/** What a client may leave unread where all together leave too much. */
const unreadBytesLeast = 1024 * 1024;
/** Milliseconds of the process that cost as much as one refusal. */
const msPerRefusal = 10;

/** What one address, or one key, uses at the moment, and how often it was refused. */
export class Use {
  readonly perSecond: number;
  connections = 0;
  anonymousSockets = 0;
  bytes = 0;
  /** Of answers that are written and not read yet. */
  unreadBytes = 0;
  /** Refusals that may still come; below zero the client has to wait. */
  #left: number;
  #filledAtMs: number;
  #lookups = 0;
  #lookupsSinceMs = 0;

  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond;
    this.#left = perSecond * burstSeconds;
    this.#filledAtMs = nowMs;
  }

  /** True when it may be forgotten without a loss. */
  isIdle(nowMs: number): boolean {
    const isUsed =
      this.connections > 0 || this.anonymousSockets > 0 || this.bytes > 0 || this.unreadBytes > 0;
    return !isUsed && this.#fill(nowMs) >= this.perSecond * burstSeconds;
  }

  charge(refusals: number, nowMs: number): void {
    // A debt is bounded, so that one dear document does not lock an address out for long.
    this.#left = Math.max(this.#fill(nowMs) - refusals, -this.perSecond * burstSeconds);
  }

  /** How long to wait before the next refusal is allowed; 0 where none is needed. */
  waitMs(nowMs: number): number {
    if (this.#left >= 1) return 0;
    const left = this.#fill(nowMs);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.perSecond) * 1_000);
  }

  /** Takes one lookup of this second; false where none is left. */
  takeLookup(nowMs: number): boolean {
    if (nowMs - this.#lookupsSinceMs >= 1_000 || nowMs < this.#lookupsSinceMs) {
      this.#lookups = 0;
      this.#lookupsSinceMs = nowMs;
    }
    if (this.#lookups >= lookupsPerSecondMax) return false;
    this.#lookups++;
    return true;
  }

  #fill(nowMs: number): number {
    const seconds = Math.max(0, nowMs - this.#filledAtMs) / 1_000;
    this.#left = Math.min(this.perSecond * burstSeconds, this.#left + seconds * this.perSecond);
    this.#filledAtMs = nowMs;
    return this.#left;
  }
}

/** The client of a request, with what its address uses. */
export interface Client {
  readonly address: string | null;
  /** What its use is counted under, as `ClientAddress.subject`. */
  readonly network: string;
  readonly use: Use;
  /** True behind a trusted proxy: connections of proxies are not counted. */
  readonly isProxied: boolean;
}

/**
 * Bounds what each client may use of the process: connections, bytes of bodies that are being read, and requests that are
 * refused. Clients are addresses (of IPv6 the /64 network) and keys. No store is read.
 */
export class ClientUse {
  readonly #addresses: ClientAddresses;
  readonly #limits: GatewayLimits;
  readonly #now: () => number;
  readonly #uses = new Map<string, Use>();
  readonly #others: Use;
  readonly #direct = new WeakMap<Socket, Client>();
  #bytes = 0;
  #anonymousBytes = 0;
  #unreadBytes = 0;

  constructor(addresses: ClientAddresses, limits: GatewayLimits, now: () => number) {
    this.#addresses = addresses;
    this.#limits = limits;
    this.#now = now;
    this.#others = new Use(limits.refusalsPerSecond * keyFactor, now());
  }

  /** How many clients are counted separately at the moment. */
  get size(): number {
    return this.#uses.size;
  }

  findClient(request: IncomingMessage): Client {
    const known = this.#direct.get(request.socket);
    if (known !== undefined) return known;
    const peer = this.#addresses.readPeer(request);
    if (peer !== null && this.#addresses.isTrusted(peer)) {
      const { address, subject } = this.#addresses.behind(peer, request);
      return { address, network: subject, use: this.#findUse(subject), isProxied: true };
    }
    const { address, subject } = this.#addresses.direct(peer);
    const client = { address, network: subject, use: this.#findUse(subject), isProxied: false };
    this.#direct.set(request.socket, client);
    return client;
  }

  /** Counts a connection until it closes; false where its address has too many. Those of trusted proxies are not counted. */
  connected(socket: Socket): boolean {
    const peer = this.#addresses.readPeer({ socket } as IncomingMessage);
    if (peer !== null && this.#addresses.isTrusted(peer)) return true;
    const { address, subject } = this.#addresses.direct(peer);
    const use = this.#findUse(subject);
    if (!this.hold(use, address)) return false;
    this.#direct.set(socket, { address, network: subject, use, isProxied: false });
    socket.once('close', () => this.release(use));
    return true;
  }

  /** Counts a connection, or what stands for one behind a proxy; false where the client has too many. */
  hold(use: Use, address: string | null): boolean {
    const factor = isLoopback(address) ? loopbackFactor : 1;
    if (use.connections >= this.#limits.connectionsPerAddressMax * factor) return false;
    use.connections++;
    return true;
  }

  release(use: Use): void {
    use.connections--;
  }

  /** Counts an acknowledged WebSocket without a key; false where its address has too many. */
  holdAnonymousSocket({ use }: Client): boolean {
    if (use.anonymousSockets >= this.#limits.anonymousSocketsMax) return false;
    use.anonymousSockets++;
    return true;
  }

  releaseAnonymousSocket({ use }: Client): void {
    use.anonymousSockets--;
  }

  /** What a key uses, wherever it is used from. */
  useOfKey(keyId: string): Use {
    return this.#findUse(`key ${keyId}`, keyFactor);
  }

  /** Counts bytes of a body that is being read. Throws HeddleError where the client or the process holds too many. */
  addBytes(use: Use, count: number, isAnonymous: boolean): void {
    const { bodiesBytesMax } = this.#limits;
    const share = Math.max(bodiesBytesMax / shareOfBytes, 2 * this.#limits.bodyBytesMax);
    if (use.bytes + count > share) {
      throw new RateLimited('Too many bytes of your requests are being read at once.', 1_000);
    }
    if (this.#bytes + count > bodiesBytesMax || (isAnonymous && this.#anonymousBytes + count > share)) {
      throw createOverloadedError('This process reads too many bytes at once.', { notBegun: true });
    }
    use.bytes += count;
    this.#bytes += count;
    if (isAnonymous) this.#anonymousBytes += count;
  }

  removeBytes(use: Use, count: number, isAnonymous: boolean): void {
    use.bytes -= count;
    this.#bytes -= count;
    if (isAnonymous) this.#anonymousBytes -= count;
  }

  /** True where the client, or all together, leave so much unread that it gets no further answer. */
  leavesUnread({ unreadBytes }: Use): boolean {
    const { unreadBytesMax } = this.#limits;
    return (
      unreadBytes > unreadBytesMax / shareOfBytes ||
      (this.#unreadBytes > unreadBytesMax && unreadBytes > unreadBytesLeast)
    );
  }

  /** Counts an answer until what it returns is called, when the client has read it; undefined: too short to count. */
  holdAnswer(use: Use, bytes: number): (() => void) | undefined {
    if (bytes < unreadBytesMin) return undefined;
    use.unreadBytes += bytes;
    this.#unreadBytes += bytes;
    return () => {
      use.unreadBytes -= bytes;
      this.#unreadBytes -= bytes;
    };
  }

  /** Counts a refused request against its client. */
  refused(use: Use): void {
    use.charge(1, this.#now());
  }

  /** Counts what is not refused but dear, as so many refused requests. */
  weigh(use: Use, refusals: number): void {
    use.charge(refusals, this.#now());
  }

  /** Counts time that the process has spent for a caller without a key. */
  spent(use: Use, ms: number): void {
    use.charge(ms / msPerRefusal, this.#now());
  }

  waitMs(use: Use): number {
    return use.waitMs(this.#now());
  }

  /** Takes one of the few lookups of unseen keys that an address has each second while its requests are refused. */
  takeLookup(use: Use): boolean {
    return use.takeLookup(this.#now());
  }

  #findUse(subject: string, factor = 1): Use {
    const known = this.#uses.get(subject);
    if (known !== undefined) return known;
    if (this.#uses.size >= clientsMax && !this.#forgetIdle()) return this.#others;
    const use = new Use(this.#limits.refusalsPerSecond * factor, this.#now());
    this.#uses.set(subject, use);
    return use;
  }

  /** Makes room for one more. Those that are looked at are looked at last the next time. */
  #forgetIdle(): boolean {
    const nowMs = this.#now();
    let looked = 0;
    for (const [subject, use] of this.#uses) {
      this.#uses.delete(subject);
      if (use.isIdle(nowMs)) return true;
      this.#uses.set(subject, use);
      if (++looked >= lookedAtMax) return false;
    }
    return false;
  }
}

/** What one client has not read yet of its answers. */
export class Unread {
  readonly #clients: ClientUse;
  readonly #use: Use;

  constructor(clients: ClientUse, use: Use) {
    this.#clients = clients;
    this.#use = use;
  }

  get isTooMuch(): boolean {
    return this.#clients.leavesUnread(this.#use);
  }

  /** Throws RateLimited where it is too much. */
  refuse(): void {
    if (this.isTooMuch) throw new RateLimited('Too many bytes of answers to you wait to be read.', 1_000);
  }

  /** As `ClientUse.holdAnswer`. */
  hold(bytes: number): (() => void) | undefined {
    return this.#clients.holdAnswer(this.#use, bytes);
  }
}

function isLoopback(address: string | null): boolean {
  return address === '::1' || address?.startsWith('127.') === true;
}
