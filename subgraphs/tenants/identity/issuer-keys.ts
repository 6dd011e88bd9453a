import { type CryptoKey, compactVerify, errors, type LocalJWKSet } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { IssuerRecord } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';
import {
  fetchKeys,
  findJwksUrl,
  IssuerFailure,
  issuerUnavailable,
  noFetch,
  type OutboundFetch,
} from './issuer-documents.ts';
import { signatureAlgorithms } from './token-parts.ts';
import { TokenRefusal } from './token-refusal.ts';

/** How long fetched keys are used before they are fetched again. */
const freshForMs = 10 * 60_000;
/** How long keys are used since they were fetched while their issuer cannot be reached. */
const staleForMs = 60 * 60_000;
/** Between two fetches, whatever tokens are sent. */
const cooldownMs = 10_000;
const issuersMax = 1_000;
/** Keys that are tried for a token that names none. */
const triedMax = 10;

interface KnownKeys {
  keys: LocalJWKSet | undefined;
  fetchedAtMs: number;
  /** When they were fetched last, in vain or not. */
  triedAtMs: number;
  failure: IssuerFailure | undefined;
  pending: Promise<void> | undefined;
}

type KeySource = Pick<IssuerRecord, '_id' | 'issuer' | 'jwksUrl'>;

/**
 * The public keys of issuers, fetched when a token needs them: at most once in ten seconds for each issuer, and one fetch at
 * a time, so that tokens with unknown keys cause no flood.
 */
export class IssuerKeys {
  readonly #fetch: OutboundFetch;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, KnownKeys>({ max: issuersMax });

  constructor({ outboundFetch, log, now }: Pick<TenantsDeps, 'outboundFetch' | 'log' | 'now'>) {
    this.#fetch = outboundFetch ?? noFetch;
    this.#log = log;
    this.#now = now ?? Date.now;
  }

  /** Resolves where a key of the issuer has signed the token; otherwise throws TokenRefusal. */
  async verify(token: string, source: KeySource): Promise<void> {
    const known = this.#find(source);
    if (!this.#isFresh(known)) await this.#refresh(known, source);
    if (await this.#isSigned(token, known)) return;
    // A key that is not known may be a new one.
    if (await this.#refresh(known, source)) {
      if (await this.#isSigned(token, known)) return;
    }
    if (known.failure !== undefined) throw issuerUnavailable(source._id, known.failure);
    throw new TokenRefusal('SIGNATURE', 'No key of its issuer has signed this token.');
  }

  #find({ issuer, jwksUrl }: KeySource): KnownKeys {
    const name = JSON.stringify([issuer, jwksUrl]);
    const found = this.#known.get(name);
    if (found !== undefined) return found;
    const never = Number.NEGATIVE_INFINITY;
    const known: KnownKeys = {
      ...{ keys: undefined, failure: undefined, pending: undefined },
      ...{ fetchedAtMs: never, triedAtMs: never },
    };
    this.#known.set(name, known);
    return known;
  }

  #isFresh({ fetchedAtMs }: KnownKeys): boolean {
    return this.#now() - fetchedAtMs < freshForMs;
  }

  /** False where no token may cause a fetch now. Waits for the fetch under way. */
  async #refresh(known: KnownKeys, source: KeySource): Promise<boolean> {
    if (known.pending === undefined) {
      if (this.#now() - known.triedAtMs < cooldownMs) return false;
      known.triedAtMs = this.#now();
      known.pending = this.#load(known, source).finally(() => {
        known.pending = undefined;
      });
    }
    await known.pending;
    return true;
  }

  async #load(known: KnownKeys, { _id, issuer, jwksUrl }: KeySource): Promise<void> {
    try {
      const url = jwksUrl ?? (await findJwksUrl(issuer, this.#fetch));
      known.keys = await fetchKeys(url, this.#fetch);
      known.fetchedAtMs = this.#now();
      known.failure = undefined;
    } catch (error) {
      if (!(error instanceof IssuerFailure)) throw error;
      known.failure = error;
      this.#log.warn(
        { event: 'issuer_unavailable', issuer: _id, reason: error.message },
        'the keys of an issuer cannot be fetched',
      );
    }
  }

  async #isSigned(token: string, { keys, fetchedAtMs }: KnownKeys): Promise<boolean> {
    if (keys === undefined || this.#now() - fetchedAtMs >= staleForMs) return false;
    try {
      await compactVerify(token, keys, { algorithms: [...signatureAlgorithms] });
      return true;
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return isSignedByOne(token, error);
      if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
      throw error;
    }
  }
}

/** Whether one of several keys has signed a token that names none. */
async function isSignedByOne(token: string, keys: AsyncIterable<CryptoKey>): Promise<boolean> {
  let tried = 0;
  for await (const key of keys) {
    if (++tried > triedMax) return false;
    try {
      await compactVerify(token, key, { algorithms: [...signatureAlgorithms] });
      return true;
    } catch (error) {
      if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error;
    }
  }
  return false;
}
