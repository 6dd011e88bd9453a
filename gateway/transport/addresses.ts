import { Pool } from 'undici';
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
   * Nothing could be begun here: the next operations go to other addresses for a while, and over new connections when
   * they come back. Operations in progress keep theirs.
   */
  avoid(): void;
}

/** The addresses of one subgraph, any of which serves any operation. */
export interface Addresses extends AsyncDisposable {
  readonly all: readonly Address[];
  /** The next address by turns, of those that did not refuse lately; when all did, the one that did first. */
  pick(): Address;
}

export interface AddressesOptions {
  readonly name: string;
  readonly urls: readonly URL[];
  readonly operationsMax: number;
  readonly eventsMax: number;
  readonly now: () => number;
  readonly delay?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** Opens no connection yet. */
export function createAddresses(options: AddressesOptions): Addresses {
  const { name, urls, operationsMax, eventsMax, now, delay } = options;
  const entries = urls.map((url) => {
    const openPool = () =>
      new Pool(url.origin, {
        connections: operationsMax,
        pipelining: 1,
        connect: { timeout: connectTimeoutMs },
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
        maxResponseSize: responseBytesMax,
      });
    const openSubscriber = () =>
      createSubscriber({ name, url: new URL(url.href.replace(/^http/, 'ws')), eventsMax, delay });
    let pool = openPool();
    let subscriber = openSubscriber();
    let refusedAtMs = Number.NEGATIVE_INFINITY;
    const address: Address = {
      url,
      get pool() {
        return pool;
      },
      get subscriber() {
        return subscriber;
      },
      avoid() {
        refusedAtMs = now();
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
    pick() {
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
    async [Symbol.asyncDispose]() {
      for (const { address } of entries) address.subscriber.close();
      await Promise.all(entries.map(({ address }) => address.pool.destroy()));
    },
  };
}
