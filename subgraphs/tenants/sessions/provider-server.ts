import type { AuthorizationServer } from 'oauth4webapi';
import type { IssuerRecord } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';
import { fetchDiscovery, IssuerFailure, noFetch } from '../identity/issuer-documents.ts';
import { isSafeUrl } from '../identity/issuer-url.ts';

/** How long a discovery document is used, and how long a failure to fetch it is. */
const freshForMs = 10 * 60_000;
const failedForMs = 5_000;

/** What is needed of a discovery document for sign-in. */
export interface ProviderServer extends AuthorizationServer {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

/** The identity provider that people sign in at, by its discovery document, which is fetched once in a while. */
export class ProviderServers {
  readonly #deps: Pick<TenantsDeps, 'outboundFetch' | 'now'>;
  #last: { readonly issuer: string; readonly server: Promise<ProviderServer>; untilMs: number } | undefined;

  constructor(deps: Pick<TenantsDeps, 'outboundFetch' | 'now'>) {
    this.#deps = deps;
  }

  /** Rejects with IssuerFailure. */
  read({ issuer }: Pick<IssuerRecord, 'issuer'>): Promise<ProviderServer> {
    const { outboundFetch = noFetch, now = Date.now } = this.#deps;
    const known = this.#last;
    if (known !== undefined && known.issuer === issuer && known.untilMs > now()) return known.server;
    const server = fetchDiscovery(issuer, outboundFetch).then(checkServer);
    const last = { issuer, server, untilMs: now() + freshForMs };
    this.#last = last;
    // Any error: the caller that waits for the document reports it.
    server.catch(() => {
      last.untilMs = now() + failedForMs;
    });
    return server;
  }
}

function checkServer(document: Readonly<Record<string, unknown>>): ProviderServer {
  for (const name of ['authorization_endpoint', 'token_endpoint']) {
    const url = document[name];
    if (typeof url !== 'string' || !isSafeUrl(url)) {
      throw new IssuerFailure(`The discovery document names no ${name} that is an https URL.`);
    }
  }
  return document as unknown as ProviderServer;
}
