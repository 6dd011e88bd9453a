import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '#core/caller.ts';
import { checkedClientRequestId } from '#core/request-id.ts';
import type { Credentials } from '../auth/caller.ts';
import type { Client, Use } from '../auth/client-use.ts';
import type { LoggedRequest } from '../log/refusal-log.ts';
import { type GatewayServices, type Operating, shuttingDown, useOfCaller } from './services.ts';

/** The first value of a header. */
function readHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The client's own id of its request, from x-request-id: kept beside ours, never in place of it. */
export function readClientRequestId(request: IncomingMessage): string | null {
  return checkedClientRequestId(readHeader(request, 'x-request-id'));
}

/**
 * The authorization header; of a repeated one all values, which together are no credential. Node keeps the first alone, where a
 * proxy may have checked the last.
 */
function readAuthorization(request: IncomingMessage): string | undefined {
  const { rawHeaders } = request;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 'authorization'.length && name.toLowerCase() === 'authorization') count += 1;
  }
  if (count < 2) return readHeader(request, 'authorization');
  return request.headersDistinct.authorization?.join(', ');
}

/** The key of a request, from `authorization` or `x-api-key`. */
export function readCredentials(request: IncomingMessage): Credentials {
  return { authorization: readAuthorization(request), apiKey: readHeader(request, 'x-api-key') };
}

/** One request of HTTP and its response, with what the pipeline has found out about it. */
export class Exchange implements Operating {
  readonly services: GatewayServices;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** The pattern of the path, as its handler has it. */
  readonly pattern: string;
  /** The query of the URL from its `?` on; empty where there is none. */
  readonly search: string;
  /** What stands for the names in braces of the path's pattern, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly client: Client;
  /** Known where the path has access `optional` or `required`. */
  #caller: Caller | undefined;
  readonly #ending = new AbortController();

  constructor(
    services: GatewayServices,
    request: IncomingMessage,
    response: ServerResponse,
    {
      requestId,
      path,
      pattern,
      search,
      params,
    }: Pick<Exchange, 'requestId' | 'path' | 'pattern' | 'search' | 'params'>,
  ) {
    this.services = services;
    this.request = request;
    this.response = response;
    this.requestId = requestId;
    this.path = path;
    this.pattern = pattern;
    this.search = search;
    this.params = params;
    this.clientRequestId = readClientRequestId(request);
    this.client = services.clients.findClient(request);
    response.once('close', () => {
      if (!response.writableFinished) this.#ending.abort();
    });
  }

  /** Aborts when the client leaves before it has the whole answer, and when the process ends first. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The caller. Throws TypeError on a path whose access identifies no caller. */
  get caller(): Caller {
    if (this.#caller === undefined) throw new TypeError('The access of this path identifies no caller.');
    return this.#caller;
  }

  set caller(caller: Caller) {
    this.#caller = caller;
  }

  /** What refusals, bytes and unread answers of this request count against. */
  get use(): Use {
    return useOfCaller(this.services, this.client, this.#caller);
  }

  /** True where what the caller may send is bounded as without a key. */
  get isAnonymous(): boolean {
    return this.#caller === undefined || this.#caller.kind === 'ANONYMOUS';
  }

  /** What log lines about this request have. */
  get logged(): LoggedRequest {
    const { requestId, clientRequestId, client } = this;
    return { requestId, clientRequestId, clientAddress: client.address, caller: this.#caller };
  }

  /** The process ends before the answer was written. */
  cut(): void {
    this.#ending.abort(shuttingDown('This gateway has shut down before the answer came.'));
  }
}
