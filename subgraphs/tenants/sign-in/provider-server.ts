import type { AuthorizationServer } from 'oauth4webapi';
import type { IssuerRecord } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';
import { fetchDiscovery, IssuerFailure, noFetch, type OutboundFetch } from '../identity/issuer-documents.ts';
import { isSafeUrl } from '../identity/issuer-url.ts';

/** How long a discovery document is used, and how long a failure to fetch it is. */
const freshForMs = 10 * 60_000;
const failedForMs = 5_000;

/** What is needed of a discovery document for sign-in. */
export interface ProviderServer extends AuthorizationServer {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

const neededUrls = ['authorization_endpoint', 'token_endpoint'] as const;

/** Identity providers that are known at once: as many as issuers may be by default. */
const serversMax = 100;

/** The identity providers that people sign in at, by their discovery documents, which are fetched once in a while. */
export class ProviderServers {
  readonly #deps: Pick<TenantsDeps, 'outboundFetch' | 'now'>;
  /** By issuer, those that were fetched first in front. */
  readonly #known = new Map<string, { readonly server: Promise<ProviderServer>; untilMs: number }>();

  constructor(deps: Pick<TenantsDeps, 'outboundFetch' | 'now'>) {
    this.#deps = deps;
  }

  /** Rejects with IssuerFailure. */
  read({ issuer }: Pick<IssuerRecord, 'issuer'>): Promise<ProviderServer> {
    const { outboundFetch = noFetch, now = Date.now } = this.#deps;
    const known = this.#known.get(issuer);
    if (known !== undefined && known.untilMs > now()) return known.server;
    const server = fetchProviderServer(issuer, outboundFetch);
    const entry = { server, untilMs: now() + freshForMs };
    this.#known.delete(issuer);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= serversMax && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(issuer, entry);
    // Any error: the caller that waits for the document reports it.
    server.catch(() => {
      entry.untilMs = now() + failedForMs;
    });
    return server;
  }
}

/** Fetches the discovery document of the issuer. Rejects with IssuerFailure, also where it has no addresses for sign-in. */
export async function fetchProviderServer(issuer: string, fetch: OutboundFetch): Promise<ProviderServer> {
  const document = await fetchDiscovery(issuer, fetch);
  if (isProviderServer(document)) return document;
  const name = neededUrls.find((needed) => !isSafeText(document[needed]));
  throw new IssuerFailure(`The discovery document names no ${name} that is an https URL.`);
}

function isSafeText(url: unknown): boolean {
  return typeof url === 'string' && isSafeUrl(url);
}

function isProviderServer(document: Readonly<Record<string, unknown>>): document is ProviderServer {
  return neededUrls.every((name) => isSafeText(document[name]));
}
