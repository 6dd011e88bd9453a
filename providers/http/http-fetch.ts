import { Agent } from 'undici';
import { type Egress, openEgress } from '#core/egress.ts';
import { activeSpan } from '#core/tracing/span.ts';
import { toTraceparent } from '#core/tracing/trace-context.ts';
import { ProviderFailure } from '../provider.ts';
import { findConnectionWatch } from './connection-watch.ts';
import { ProviderExchange } from './exchange.ts';
import { guardedConnect } from './guarded-connect.ts';
import { HttpResponse } from './http-response.ts';

export interface HttpFetchOptions {
  /** Calls in flight, each on a connection of its own; one more is refused with OVERLOADED. */
  readonly callsMax?: number;
  /** A larger response fails. */
  readonly responseBytesMax?: number;
  readonly connectTimeoutMs?: number;
  /** Where calls may go; absent: every destination is allowed. */
  readonly egress?: Pick<Egress, 'refusalOfHost' | 'refusalOfAddress'>;
  /** The authorities that are trusted (PEM); absent: those of the system. */
  readonly ca?: readonly string[] | undefined;
  /** True: requests have the `traceparent` of the span that they are made in. Absent: no. */
  readonly isTraced?: boolean;
}

/** A fetch for provider calls and the connection pool under it. */
export interface HttpFetch extends AsyncDisposable {
  readonly fetch: typeof globalThis.fetch;
  /** Closes idle connections and aborts calls in flight. */
  close(): Promise<void>;
}

/** The callers' timeouts come first; these only keep a forgotten connection from living forever. */
const silenceMsMax = 900_000;
const connectMsMax = 60_000;

function requestHeaders(headers: RequestInit['headers']): Record<string, string> {
  // Without a stated preference, a server may answer in any encoding (RFC 9110, 12.5.3).
  const record: Record<string, string> = { 'accept-encoding': 'identity' };
  if (headers === undefined) return record;
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of pairs as Iterable<readonly [string, string | undefined]>) {
    if (value !== undefined) record[name] = value;
  }
  return record;
}

/** Where the request is in the trace; nothing where none is recorded. */
function traceHeaders(): Record<string, string> {
  const span = activeSpan();
  return span === undefined ? {} : { traceparent: toTraceparent(span.context) };
}

function requestBody(body: RequestInit['body']): string | Buffer | null {
  if (body === undefined || body === null || typeof body === 'string') return body ?? null;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('This fetch sends text and bytes only.');
}

/**
 * The fetch of all provider adapters: one request, no redirects (they come back as they are), no cookies, no cache, no
 * compression requested (what comes compressed all the same is decompressed), HTTP/1.1 with one call per connection,
 * TCP_NODELAY (undici sets it). The response
 * has what the AI SDK and our own decoders use of fetch's Response. Bytes are taken from the socket only as they are
 * read. An abort rejects with the signal's reason, also while the body is being read, and closes the connection.
 */
export function createHttpFetch(options: HttpFetchOptions = {}): HttpFetch {
  const callsMax = options.callsMax ?? 16_384;
  const bytesMax = options.responseBytesMax ?? 64 * 1024 * 1024;
  const { isTraced = false } = options;
  const agent = new Agent({
    connections: callsMax,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 10_000,
    headersTimeout: silenceMsMax,
    bodyTimeout: silenceMsMax,
    connect: guardedConnect(
      options.egress ?? openEgress,
      options.connectTimeoutMs ?? connectMsMax,
      options.ca,
    ),
  });
  let inFlight = 0;

  const fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      if (typeof input === 'object' && !(input instanceof URL)) {
        throw new TypeError('This fetch takes an address, not a Request.');
      }
      const url = typeof input === 'string' ? new URL(input) : input;
      const { signal } = init;
      if (signal?.aborted) throw signal.reason;
      if (inFlight >= callsMax) {
        throw new ProviderFailure('OVERLOADED', 'Too many provider calls are in flight.', {
          retryable: true,
        });
      }
      const onAbort = () => exchange.abort(signal?.reason);
      const watch = findConnectionWatch(signal);
      const exchange = new ProviderExchange(bytesMax, {
        onReceived: watch && (() => watch.received()),
        onConnected: () => watch?.connected(),
        onHead: (head) => resolve(new HttpResponse(exchange, head, url.href, bytesMax)),
        onFailure: reject,
        onClosed: () => {
          inFlight -= 1;
          signal?.removeEventListener('abort', onAbort);
        },
      });
      agent.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: init.method ?? 'GET',
          headers: isTraced
            ? { ...requestHeaders(init.headers), ...traceHeaders() }
            : requestHeaders(init.headers),
          body: requestBody(init.body),
        },
        exchange,
      );
      inFlight += 1;
      signal?.addEventListener('abort', onAbort);
      // An idle connection takes the request within dispatch.
      if (!exchange.isConnected) watch?.connecting();
    });

  const close = () => agent.destroy();
  return { fetch, close, [Symbol.asyncDispose]: close };
}
