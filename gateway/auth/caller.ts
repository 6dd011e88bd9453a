import { hash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { limitEntries } from '#core/cache-entries.ts';
import {
  type ArchivedCaller,
  anonymousCaller,
  type Caller,
  type RefusedToken,
  systemCaller,
} from '#core/caller.ts';
import { createOverloadedError, type HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { newRequestId } from '#core/request-id.ts';
import { toSessionPreimage } from '#core/session-text.ts';
import { withTimeLimit } from '#core/time-limit.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { CredentialRefusal } from '../log/refusal-log.ts';
import {
  CallerWatch,
  type ChangesOfCallers,
  type Lookup,
  type OpenStream,
  type Standing,
} from './caller-watch.ts';
import { isJwt, refuseToken } from './token-text.ts';

/** The credentials that a client sent; undefined where it sent none. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly apiKey?: string | undefined;
  /** The text of a session's cookie, where no key was sent. */
  readonly session?: string | undefined;
}

export interface CallerContext {
  readonly requestId: string;
  readonly clientAddress: string | null;
}

export interface Callers extends AsyncDisposable {
  /**
   * The caller that the credentials prove, anonymous when there are none. Throws HeddleError UNAUTHENTICATED for
   * credentials that are wrong, unknown or expired, FORBIDDEN for an address the key may not be used from, OVERLOADED
   * when the key cannot be looked up now.
   */
  identify(credentials: Credentials, context: CallerContext): Promise<Caller>;
  /** True for a key that was good when it was last looked up, or is being looked up. Looks nothing up. */
  isKnown(credentials: Credentials): boolean;
  /** True for what may be a key and is not remembered, good or not. Looks nothing up. */
  isUnseen(credentials: Credentials): boolean;
  /**
   * Ends the stream once, within a second, when the key, token or session of a caller that `identify` has returned ends or no longer allows
   * it, and its tenant does not let what is open finish. What it returns stops that.
   */
  watch(caller: Caller, stream: OpenStream): () => void;
}

/** How long an answer of the tenants subgraph is trusted, for a key that is known and for one that is not. */
const knownForMs = 5_000;
const unknownForMs = 2_000;
/**
 * How long the answer is trusted beyond that while the tenants subgraph cannot be reached: a restart takes seconds, on a busy
 * machine many. Where changes are announced, what is trusted is what no change of has been heard.
 */
const staleForMs = { announced: 25_000, unannounced: 5_000 };
/** How long a failed lookup is remembered where a stale answer does: a subgraph that is away is not called for each call. */
const failedForMs = 250;
/** How long an answer is waited for where a stale one does. */
const answerMsMax = 1_000;
const rememberedMax = 10_000;
const keyLengthMax = 512;
/** The form of API keys and page tokens. */
const keyForm = /^hd_[\x21-\x7e]{37,509}$/;
/** Different characters that the secret of every key has. */
const distinctMin = 8;

const lookup = parse('query ($keyHash: String!) { _caller(keyHash: $keyHash) }', { noLocation: true });
const tokenLookup = parse(
  'query ($keyHash: String!, $token: String) { _caller(keyHash: $keyHash, token: $token) }',
  { noLocation: true },
);

/** A bare "Bearer" is what a header tab holds before a key is pasted: nothing was sent. */
const isBlank = (authorization: string) => /^\s*(Bearer\s*)?$/i.test(authorization);

/** True where a key or token was sent, good or not. The password of a page is none: a browser adds it by itself. */
export function hasKey({ authorization, apiKey }: Credentials): boolean {
  const isKey = authorization !== undefined && !isBlank(authorization) && !/^\s*Basic\b/i.test(authorization);
  return Boolean(apiKey) || isKey;
}

/** The key or token that the credentials hold; undefined when none were sent. */
function readKey({ authorization, apiKey }: Credentials): string | undefined {
  if (authorization === undefined || isBlank(authorization)) return apiKey || undefined;
  const [, key] = /^Bearer[ ]+(\S+)\s*$/i.exec(authorization) ?? [];
  if (key === undefined) {
    throw new CredentialRefusal(
      'UNAUTHENTICATED',
      'The authorization header must read `Bearer <API key or token>`.',
      {
        problem: 'MALFORMED',
      },
    );
  }
  return key;
}

/** True for a text that may be a key, of its form, its secret of several different characters; or a token. */
function isKeyText(text: string): boolean {
  if (isJwt(text)) return refuseToken(text) === null;
  if (!keyForm.test(text)) return false;
  return text.split('_').some((part) => new Set(part).size >= distinctMin);
}

/** The hash of the key that the credentials hold; undefined where they hold none that is accepted. */
function computeKeyHash(credentials: Credentials, isAccepted = isNotTooLong): string | undefined {
  if (credentials.session !== undefined) return computeSessionHash(credentials.session);
  try {
    const key = readKey(credentials);
    return key !== undefined && isAccepted(key) ? hash('sha256', key, 'hex') : undefined;
  } catch (error) {
    expectError(error, CredentialRefusal);
    return undefined;
  }
}

function computeSessionHash(session: string): string {
  return hash('sha256', toSessionPreimage(session), 'hex');
}

function isNotTooLong(text: string): boolean {
  return text.length <= keyLengthMax || (isJwt(text) && refuseToken(text) === null);
}

function findFamily(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/**
 * The addresses as a list that can be searched; an entry that is no address admits no client. The list itself takes an
 * IPv4-mapped IPv6 address for the IPv4 address that it is, in rules and in clients.
 */
function buildAllowList(allowedIps: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of allowedIps) {
    const [address = '', prefix] = entry.split('/');
    const family = findFamily(address);
    if (family === undefined) continue;
    if (prefix === undefined) {
      list.addAddress(address, family);
      continue;
    }
    const bits = Number(prefix);
    if (/^\d{1,3}$/.test(prefix) && bits <= (family === 'ipv4' ? 32 : 128)) {
      list.addSubnet(address, bits, family);
    }
  }
  return list;
}

function isAllowed(list: BlockList, clientAddress: string | null): boolean {
  const address = clientAddress ?? '';
  const family = findFamily(address);
  return family !== undefined && list.check(address, family);
}

function refusedKey(about: ConstructorParameters<typeof CredentialRefusal>[2]): CredentialRefusal {
  return new CredentialRefusal('UNAUTHENTICATED', 'The API key is unknown, expired or revoked.', about);
}

function refusedToken(
  message: string,
  about: ConstructorParameters<typeof CredentialRefusal>[2],
): CredentialRefusal {
  return new CredentialRefusal('UNAUTHENTICATED', message, about);
}

function endedSession(about: ConstructorParameters<typeof CredentialRefusal>[2]): CredentialRefusal {
  return new CredentialRefusal('UNAUTHENTICATED', 'The session has ended: sign in again.', about);
}

function isCaller(value: unknown): value is Caller {
  return typeof value === 'object' && value !== null && 'kind' in value && 'scopes' in value;
}

function isArchivedCaller(value: unknown): value is ArchivedCaller {
  return typeof value === 'object' && value !== null && 'archived' in value && 'caller' in value;
}

function isRefusedToken(value: unknown): value is RefusedToken {
  return typeof value === 'object' && value !== null && 'refused' in value && 'message' in value;
}

interface Remembered {
  readonly caller: Caller | undefined;
  /** Why the token is refused. */
  readonly refused: RefusedToken | undefined;
  /** The owner of the key, where its app or tenant is archived. */
  readonly archived: ArchivedCaller | undefined;
  readonly allowList: BlockList | undefined;
  /** Looked up again from then on. */
  readonly untilMs: number;
  /** Refused from then on, even where the subgraph cannot be reached. */
  readonly staleUntilMs: number;
}

function unavailable(cause: unknown): HeddleError {
  return createOverloadedError('The API key cannot be looked up now; nothing was begun.', {
    cause,
    notBegun: true,
  });
}

/** Throws CredentialRefusal for a text that no key and no token can be. */
function readLookup(text: string): Lookup {
  const problem = refuseToken(text);
  if (problem !== null) throw refusedToken(problem, { problem: 'MALFORMED' });
  const keyHash = hash('sha256', text, 'hex');
  if (isJwt(text)) return { keyHash, token: text };
  if (text.length > keyLengthMax) throw refusedKey({ problem: 'MALFORMED' });
  return { keyHash };
}

const createLateError = () => new Error('The lookup takes too long.');

/**
 * Requests the caller of a key from the tenants subgraph, by the SHA-256 of the key, and remembers the answer for seconds, for some
 * seconds more while the subgraph cannot be reached. A change announced on the bus makes it forget at once.
 */
export async function createCallers(options: {
  readonly tenants: SubgraphExecutor;
  readonly bus: Bus;
  readonly changes?: ChangesOfCallers;
  readonly now?: () => number;
}): Promise<Callers> {
  const { tenants, bus, changes = 'announced' } = options;
  const now = options.now ?? Date.now;
  const remembered = new LRUCache<string, Remembered>(limitEntries(rememberedMax));
  /** Announced changes: what was requested before the last is not remembered. */
  let changed = 0;
  const pending = new Map<string, Promise<Remembered>>();
  /** The hashes of keys that were good, whatever has changed since. */
  const good = new LRUCache<string, true>(limitEntries(rememberedMax));

  /** The credential that a caller was found by, for as long as the caller is in use. */
  const foundBy = new WeakMap<Caller, Lookup>();
  const watch = new CallerWatch((sent) => check(sent), now, changes);

  const subscription = await bus.subscribe('callers.changed', ({ tenantId }) => {
    remembered.clear();
    changed += 1;
    pending.clear();
    watch.changed(tenantId);
  });

  const ask = async (sent: Lookup, context: CallerContext): Promise<Remembered> => {
    const known = changed;
    const { keyHash } = sent;
    const result = await tenants.execute({
      document: sent.token === undefined ? lookup : tokenLookup,
      variables: { ...sent },
      caller: systemCaller,
      ...context,
    });
    if (Symbol.asyncIterator in result)
      throw new Error('The tenants subgraph answered a lookup with a stream.');
    if (result.errors !== undefined && result.errors.length > 0) {
      throw new Error('The tenants subgraph could not look up a caller.', { cause: result.errors[0] });
    }
    const found: unknown = result.data?._caller;
    const caller = isCaller(found) ? found : undefined;
    const ips = caller?.allowedIps ?? null;
    const untilMs = now() + (caller === undefined ? unknownForMs : knownForMs);
    const answer: Remembered = {
      caller,
      refused: isRefusedToken(found) ? found : undefined,
      archived: isArchivedCaller(found) ? found : undefined,
      allowList: ips === null ? undefined : buildAllowList(ips),
      untilMs,
      // That a key is unknown is not held on to: it may have been made meanwhile.
      staleUntilMs: caller === undefined ? untilMs : untilMs + staleForMs[changes],
    };
    if (known === changed) remembered.set(keyHash, answer);
    if (caller === undefined) good.delete(keyHash);
    else {
      good.set(keyHash, true);
      foundBy.set(caller, sent);
    }
    return answer;
  };

  /** Calls the subgraph, and uses what is remembered when there is no answer. */
  const askOrRemember = async (sent: Lookup, context: CallerContext): Promise<Remembered> => {
    const { keyHash } = sent;
    try {
      const answer = ask(sent, context);
      return await (remembered.has(keyHash) ? withTimeLimit(answer, answerMsMax, createLateError) : answer);
    } catch (error) {
      // Looked for after the failure: what a change has made it forget meanwhile does not count.
      const stale = remembered.get(keyHash);
      const nowMs = now();
      if (stale === undefined || stale.staleUntilMs <= nowMs) throw unavailable(error);
      remembered.set(keyHash, { ...stale, untilMs: Math.min(nowMs + failedForMs, stale.staleUntilMs) });
      return stale;
    }
  };

  const lookUp = (sent: Lookup, context: CallerContext): Remembered | Promise<Remembered> => {
    const { keyHash } = sent;
    const known = remembered.get(keyHash);
    if (known !== undefined && known.untilMs > now()) return known;
    const underWay = pending.get(keyHash);
    if (underWay !== undefined) return underWay;
    const lookup = askOrRemember(sent, context);
    pending.set(keyHash, lookup);
    const forget = () => {
      if (pending.get(keyHash) === lookup) pending.delete(keyHash);
    };
    lookup.then(forget, forget);
    return lookup;
  };

  /** Whether the credential of an open subscription is still good. */
  const check = async (sent: Lookup): Promise<Standing> => {
    try {
      const context = { requestId: newRequestId(), clientAddress: null };
      const { caller, archived, refused } = await lookUp(sent, context);
      if (caller !== undefined) return { caller };
      if (archived !== undefined)
        return { ended: archived.archived === 'app' ? 'APP_ARCHIVED' : 'TENANT_ARCHIVED' };
      return refused?.refused === 'ISSUER_UNAVAILABLE' ? 'UNKNOWN' : { ended: 'REVOKED' };
    } catch {
      // Any error: the subgraph cannot be reached now, and is called again.
      return 'UNKNOWN';
    }
  };

  return {
    async identify(credentials, context) {
      const { session } = credentials;
      const key = session ?? readKey(credentials);
      if (key === undefined) return anonymousCaller;
      const sent = session === undefined ? readLookup(key) : { keyHash: computeSessionHash(session) };
      const { caller, archived, refused, allowList } = await lookUp(sent, context);
      if (archived !== undefined) {
        const what = sent.token === undefined ? 'API key' : 'token';
        const message = `The ${archived.archived} of this ${what} is archived.`;
        throw new CredentialRefusal('UNAUTHENTICATED', message, {
          problem: 'ARCHIVED',
          caller: archived.caller,
        });
      }
      if (refused?.refused === 'ISSUER_UNAVAILABLE') {
        throw createOverloadedError(refused.message, { notBegun: true });
      }
      if (refused !== undefined) throw refusedToken(refused.message, { problem: refused.refused, key });
      if (caller === undefined) {
        const about = { problem: 'UNKNOWN', key } as const;
        throw session === undefined ? refusedKey(about) : endedSession(about);
      }
      if (caller.expiresAtMs !== null && caller.expiresAtMs <= now()) {
        if (sent.token !== undefined)
          throw refusedToken('The token has expired.', { problem: 'EXPIRED', caller });
        const about = { problem: 'EXPIRED', caller } as const;
        throw session === undefined ? refusedKey(about) : endedSession(about);
      }
      if (allowList !== undefined && !isAllowed(allowList, context.clientAddress)) {
        const message = 'The API key may not be used from this address.';
        throw new CredentialRefusal('FORBIDDEN', message, { problem: 'ADDRESS', caller });
      }
      return caller;
    },
    isKnown(credentials) {
      const keyHash = computeKeyHash(credentials);
      return keyHash !== undefined && (good.has(keyHash) || pending.has(keyHash));
    },
    isUnseen(credentials) {
      const keyHash = computeKeyHash(credentials, isKeyText);
      return keyHash !== undefined && !good.has(keyHash) && !remembered.has(keyHash);
    },
    watch(caller, stream) {
      const sent = foundBy.get(caller);
      if (sent === undefined) return () => undefined;
      const stop = watch.watch(caller, sent, stream);
      // It may have changed since the caller was identified.
      if (remembered.get(sent.keyHash)?.caller !== caller) watch.recheck(sent);
      return stop;
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await subscription[Symbol.asyncDispose]();
    },
  };
}
