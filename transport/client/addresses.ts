import type { KeyObject } from 'node:crypto';
import { buildConnector, Pool } from 'undici';
import { checkPart, type TlsMaterial, type TlsSource, tlsVersionMin } from '../mesh-tls.ts';
import { createSubscriber, type Subscriber } from './subscriptions.ts';

const connectTimeoutMs = 5_000;
/** Longer than any call to a provider may take. */
const answerTimeoutMs = 15 * 60_000;
const responseBytesMax = 64 * 1024 * 1024;
/** How long an address that refused is left alone while there are others. */
const refusedForMs = 2_000;

/** One address of a subgraph, with the connections to it. */
export interface Address {
  readonly url: URL;
  /** For queries and mutations. */
  readonly pool: Pool;
  /** For subscriptions. */
  readonly subscriber: Subscriber;
  /**
   * The process that identities are signed for, where processes do not share which were used: learned from a refusal,
   * forgotten when a connection ends.
   */
  instance: string | undefined;
  /**
   * Nothing could be begun here: the next operations go to other addresses for a while, and over new connections when
   * they come back. Operations in progress keep theirs.
   */
  avoid(): void;
}

export interface AddressesOptions {
  readonly name: string;
  readonly urls: readonly URL[];
  readonly operationsMax: number;
  readonly eventsMax: number;
  /** What answers over plain HTTP are checked with. */
  readonly answerKeys: readonly KeyObject[] | undefined;
  /** What connections to https addresses are opened with. */
  readonly tls: TlsSource | undefined;
  readonly now: () => number;
  readonly delay?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** Opens connections with the certificate of the moment, to servers with a certificate that names the subgraph. */
function createConnector(name: string, tls: TlsSource): buildConnector.connector {
  let opened: { readonly material: TlsMaterial; readonly connect: buildConnector.connector } | undefined;
  return (to, callback) => {
    const material = tls.current();
    if (opened?.material !== material) {
      const checkServerIdentity = checkPart(name);
      const timeout = connectTimeoutMs;
      const minVersion = tlsVersionMin;
      const connect = buildConnector({ ...material, timeout, minVersion, checkServerIdentity });
      opened = { material, connect };
    }
    opened.connect(to, callback);
  };
}

/** Opens no connection yet. */
export function createAddresses(options: AddressesOptions) {
  const { name, urls, operationsMax, eventsMax, answerKeys, tls, now, delay } = options;
  const connect = tls === undefined ? { timeout: connectTimeoutMs } : createConnector(name, tls);
  const entries = urls.map((url) => {
    const forget = () => {
      address.instance = undefined;
    };
    const openPool = () =>
      new Pool(url.origin, {
        connections: operationsMax,
        pipelining: 1,
        connect,
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
        maxResponseSize: responseBytesMax,
      }).on('disconnect', forget);
    const openSubscriber = () =>
      createSubscriber({
        name,
        url: new URL(url.href.replace(/^http/, 'ws')),
        eventsMax,
        answerKeys: url.protocol === 'https:' ? undefined : answerKeys,
        tls,
        onDisconnect: forget,
        delay,
      });
    let pool = openPool();
    let subscriber = openSubscriber();
    let refusedAtMs = Number.NEGATIVE_INFINITY;
    const address: Address = {
      url,
      instance: undefined,
      get pool() {
        return pool;
      },
      get subscriber() {
        return subscriber;
      },
      avoid() {
        refusedAtMs = now();
        forget();
        // Any error: its address is dropped, whatever its connections report.
        pool.close().catch(() => undefined);
        pool = openPool();
        subscriber.retire();
        subscriber = openSubscriber();
      },
    };
    return { address, refusedAtMs: () => refusedAtMs };
  });
  let turn = 0;
  return {
    all: entries.map(({ address }) => address),
    /** The next address by turns, of those that did not refuse lately; when all did, the one that did first. */
    pick(): Address {
      const nowMs = now();
      let best = entries[turn % entries.length];
      for (let step = 0; step < entries.length; step++) {
        const entry = entries[(turn + step) % entries.length];
        if (entry === undefined || best === undefined) continue;
        if (nowMs - entry.refusedAtMs() >= refusedForMs) {
          best = entry;
          break;
        }
        if (entry.refusedAtMs() < best.refusedAtMs()) best = entry;
      }
      turn = (turn + 1) % entries.length;
      if (best === undefined) throw new TypeError(`The subgraph ${name} has no address.`);
      return best.address;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const { address } of entries) address.subscriber.close();
      await Promise.all(entries.map(({ address }) => address.pool.destroy()));
    },
  };
}
