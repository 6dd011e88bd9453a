import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import type { Egress } from '#core/egress.ts';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import type { RulePost, RuleServices } from '#guardrails/guardrail.ts';
import { watchConnections } from '#providers/http/connection-watch.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { Circuit } from '../../routing/circuit.ts';

type Post = NonNullable<RuleServices['post']>;

export interface RulePostServices {
  /** One request within the rules of egress, without redirects; an answer of bounded bytes. */
  readonly fetch: typeof globalThis.fetch;
  readonly egress: Pick<Egress, 'refusalOfEndpoint'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'debug'>;
  readonly now: () => number;
}

/** Requests of one tenant to one host at the same time; one more is refused. */
const requestsMax = 32;
/** Hosts, by tenant, whose state is remembered. */
const hostsMax = 10_000;

interface Host {
  readonly circuit: Circuit;
  requests: number;
}

/**
 * What guardrails post to addresses that policies name. A host that fails five times in a row for a tenant is left alone for seconds, by that tenant. Only a
 * request that no host has received is sent once more.
 */
export function createRulePost({ fetch, egress, log, now }: RulePostServices): Post {
  const hosts = new LRUCache<string, Host>(limitEntries(hostsMax));

  function findHost(tenantId: string | null, origin: string): Host {
    const key = `${tenantId ?? ''} ${origin}`;
    const known = hosts.get(key);
    if (known !== undefined) return known;
    const circuit = new Circuit(now, (state, failures) => {
      if (state === 'OPEN')
        log.warn({ event: 'webhook_failed', tenantId, origin, failures }, 'a webhook fails');
      if (state === 'CLOSED') log.info({ tenantId, origin }, 'a webhook answers again');
    });
    const host = { circuit, requests: 0 };
    hosts.set(key, host);
    return host;
  }

  return async (request, { tenantId, allowedRegions, signal }) => {
    refuseRegion(request, allowedRegions);
    const url = new URL(request.url);
    const refusal = egress.refusalOfEndpoint(url);
    if (refusal !== null) throw new HeddleError('NO_ROUTE', `The webhook may not be called: ${refusal}.`);
    signal.throwIfAborted();
    const host = findHost(tenantId, url.origin);
    if (host.requests >= requestsMax) {
      throw createOverloadedError(`${requestsMax} requests to ${url.host} are in progress.`);
    }
    const pass = host.circuit.enter();
    if (pass === null) throw createOverloadedError(`${url.host} has failed, and is not called now.`);
    host.requests += 1;
    let succeeded: boolean | null = false;
    try {
      const { status, text } = await send(request, signal, fetch);
      succeeded = status < 500;
      if (status !== 200) throw new Error(`${url.host} answered with status ${status}.`);
      return text;
    } catch (error) {
      // Any error: what the client or this program has ended states nothing about the host.
      if (signal.aborted || error instanceof ProviderFailure) succeeded = null;
      log.debug({ err: error, tenantId, origin: url.origin }, 'a webhook could not be called');
      throw error;
    } finally {
      host.requests -= 1;
      host.circuit.leave(pass, succeeded);
    }
  };
}

function refuseRegion({ region }: Pick<RulePost, 'region'>, allowed: readonly string[] | null): void {
  if (allowed === null || (region !== null && allowed.includes(region))) return;
  throw new HeddleError(
    'NO_ROUTE',
    'The webhook is in no region that texts of this tenant may be processed in.',
  );
}

/** The answer, within the time of the request. */
async function send(
  { url, headers, body, timeoutMs }: RulePost,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<{ readonly status: number; readonly text: string }> {
  const abort = new AbortController();
  const timer = setTimeout(
    () => abort.abort(new Error(`The webhook has not answered within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  const leave = () => abort.abort(signal.reason);
  signal.addEventListener('abort', leave);
  try {
    const attempt = new Attempt();
    watchConnections(abort.signal, attempt);
    const call = () =>
      fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: abort.signal });
    const response = await call().catch((error: unknown) => {
      // Any error: it is sent once more if no host has received it.
      if (abort.signal.aborted || error instanceof ProviderFailure || attempt.isReceived) throw error;
      return call();
    });
    return { status: response.status, text: await response.text() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    // What was not read is not waited for.
    abort.abort();
  }
}

/** Whether one request was sent. */
class Attempt {
  #isNew = false;
  #isSent = false;

  connecting(): void {
    this.#isNew = true;
  }
  connected(): void {
    this.#isSent = true;
  }
  received(): void {}
  completed(): void {}

  /** Whether the host may have received it: a connection that was used again may have been closed before. */
  get isReceived(): boolean {
    return this.#isSent && this.#isNew;
  }
}
