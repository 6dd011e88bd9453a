import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { newRequestId } from '#core/request-id.ts';
import { type Client, RateLimited } from '../../auth/client-use.ts';
import type { Operation } from '../../document/operation.ts';
import { type ClientResult, presentFailure } from '../../errors.ts';
import { endWith } from '../../http/compression.ts';
import {
  clientRequestIdOf,
  credentialsOf,
  isRefused,
  type Mesh,
  prepareOperation,
  refuseRateLimited,
  shuttingDown,
  Unread,
  useOfCaller,
} from '../../http/door.ts';
import {
  type Accepted,
  isJson,
  negotiateAnswer,
  prefersPage,
  type ResultType,
} from '../../http/media-type.ts';
import { setRetryAfter } from '../../http/retry-after.ts';
import { sendFramed } from '../../http/stream.ts';
import { bodyBoundsOf } from '../../limits.ts';
import { type Answer, isOperation, isStream } from '../../router.ts';
import { serveExplorer } from '../explorer/explorer.ts';
import { multipart } from './multipart.ts';
import {
  BadRequest,
  BatchRefused,
  type BodyBounds,
  type Parameters,
  parametersOfBody,
  parametersOfUrl,
  readBody,
} from './parameters.ts';
import { serverSentEvents } from './sse.ts';

/** The HTTP status of a request that failed before any operation ran. */
function statusOf(error: unknown): number {
  if (error instanceof BadRequest) return error.status;
  if (!(error instanceof HeddleError)) return 500;
  if (error.code === 'UNAUTHENTICATED') return 401;
  if (error.code === 'FORBIDDEN') return 403;
  if (error.code === 'RATE_LIMITED') return 429;
  return error.code === 'OVERLOADED' ? 503 : 500;
}

type JsonType = Exclude<ResultType, 'text/event-stream'>;

/** Sends the answer; of a batch as often as it has operations. */
function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: JsonType,
  result: ClientResult,
  { batch, unread }: { readonly batch?: number | undefined; readonly unread?: Unread },
): Promise<void> | undefined {
  if (response.destroyed) return undefined;
  const answer = batch === undefined ? result : Array.from({ length: batch }, () => result);
  const text = JSON.stringify(answer);
  const release = unread?.hold(text.length);
  if (release !== undefined) response.once('close', release);
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  setRetryAfter(response, result);
  return endWith(response, request.headers['accept-encoding'], text);
}

/** GraphQL over HTTP, section 6.4: without data the request failed, and the newer media type says so in the status. */
function statusOfResult(type: JsonType, result: ClientResult): number {
  return type === 'application/json' || 'data' in result ? 200 : 400;
}

function allowCrossOrigin(request: IncomingMessage, response: ServerResponse): boolean {
  // There is no ambient credential (no cookie) that another origin could misuse: a key must be sent each time.
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
  if (request.method !== 'OPTIONS') return false;
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader(
    'access-control-allow-headers',
    request.headers['access-control-request-headers'] ??
      'authorization, content-type, x-api-key, x-request-id',
  );
  response.setHeader('access-control-max-age', '86400');
  response.writeHead(204).end();
  return true;
}

/** How much of a body is read for this caller, and how long it is waited for. */
function boundsOf(mesh: Mesh, client: Client, caller: Caller): BodyBounds {
  const isAnonymous = caller.kind === 'ANONYMOUS';
  const use = useOfCaller(mesh, client, caller);
  return {
    ...bodyBoundsOf(mesh.limits, isAnonymous),
    add: (bytes) => mesh.clients.addBytes(use, bytes, isAnonymous),
    remove: (bytes) => mesh.clients.removeBytes(use, bytes, isAnonymous),
  };
}

async function parametersOf(
  request: IncomingMessage,
  mesh: Mesh,
  client: Client,
  caller: Caller,
  search: string,
): Promise<Parameters> {
  if (request.method === 'GET') return parametersOfUrl(new URLSearchParams(search));
  if (!isJson(request.headers['content-type'])) {
    throw new BadRequest(415, 'Send the request as application/json in UTF-8.');
  }
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new BadRequest(415, 'Send the body as it is, without a content-encoding.');
  }
  return parametersOfBody(await readBody(request, boundsOf(mesh, client, caller)));
}

/** An operation that this method and this kind of answer cannot carry. */
function misfit(request: IncomingMessage, accepted: Accepted, operation: Operation): BadRequest | undefined {
  if (request.method === 'GET' && operation.type === 'mutation') {
    return new BadRequest(405, 'A GET only reads: send a mutation by POST.');
  }
  if (operation.type === 'subscription') {
    if (accepted.stream !== undefined) return undefined;
    return new BadRequest(
      406,
      'Accept text/event-stream or multipart/mixed;subscriptionSpec=1.0 for a subscription, or use a WebSocket.',
    );
  }
  return accepted.result === undefined ? unacceptable() : undefined;
}

function unacceptable(): BadRequest {
  return new BadRequest(
    406,
    'Accept application/json, application/graphql-response+json or text/event-stream.',
  );
}

/** Behind a proxy, a request in progress stands for a connection. Throws RateLimited where its client has too many. */
function holdWhileOpen({ clients }: Mesh, { use, address }: Client, response: ServerResponse): void {
  if (!clients.hold(use, address)) {
    throw new RateLimited('Too many requests from this address are in progress.', 1_000);
  }
  response.once('close', () => clients.release(use));
}

/** POST and GET /graphql: JSON, server-sent events, multipart answers, and the Explorer for browsers. */
export async function serveGraphql(
  mesh: Mesh,
  request: IncomingMessage,
  response: ServerResponse,
  search: string,
): Promise<void> {
  const requestId = newRequestId();
  const clientRequestId = clientRequestIdOf(request);
  const client = mesh.clients.clientOf(request);
  const clientAddress = client.address;
  const asked = { requestId, clientRequestId, clientAddress };
  let caller: Caller | undefined;
  response.setHeader('x-request-id', requestId);
  if (allowCrossOrigin(request, response)) return;
  const accept = request.headers.accept;
  if (request.method === 'GET' && prefersPage(accept)) return serveExplorer(mesh, request, response, asked);

  const accepted = negotiateAnswer(accept);
  const jsonType =
    accepted.result === undefined || accepted.result === 'text/event-stream'
      ? 'application/json'
      : accepted.result;
  /** Aborts when the client has left a stream: made with the stream. */
  let left: AbortController | undefined;
  /** Ends the operation: its client has left, or the process ends first. */
  const ending = new AbortController();
  response.once('close', () => {
    if (response.writableFinished) return;
    left?.abort();
    ending.abort();
  });
  let isStreaming = false;
  const operating = {
    cut: () => {
      ending.abort(shuttingDown('This gateway has shut down before the answer came.'));
      // A stream breaks with its connection, and can be resumed at another gateway.
      if (isStreaming) left?.abort();
    },
  };
  mesh.work.begin(operating);
  try {
    if (request.method !== 'GET' && request.method !== 'POST') {
      response.setHeader('allow', 'GET, POST');
      throw new BadRequest(405, 'Send a POST, or a GET for a query.');
    }
    if (accepted.result === undefined && accepted.stream === undefined) throw unacceptable();
    const credentials = credentialsOf(request);
    refuseRateLimited(mesh, client, credentials);
    if (client.isProxied) holdWhileOpen(mesh, client, response);
    caller = await mesh.callers.identify(credentials, { requestId, clientAddress });
    const parameters = await parametersOf(request, mesh, client, caller, search);
    const { query, operationName } = parameters;
    const operation = await prepareOperation(mesh, client, caller, query, operationName);
    if (isOperation(operation)) {
      const wrong = misfit(request, accepted, operation);
      if (wrong !== undefined) {
        if (wrong.status === 405) response.setHeader('allow', 'POST');
        throw wrong;
      }
    } else mesh.refusals.answered(operation.errors ?? [], { ...asked, caller });
    const unread = new Unread(mesh.clients, useOfCaller(mesh, client, caller));
    unread.refuse();
    const context = { ...asked, caller, signal: ending.signal };
    const answer: Answer = isOperation(operation)
      ? await mesh.router().run(operation, parameters.variables, context)
      : operation;
    if (isRefused(answer, caller)) mesh.clients.refused(useOfCaller(mesh, client, caller));
    // While it ran, others may have left more unread; a large answer that is not read is not even written out.
    if (!isOperation(operation) || operation.type !== 'mutation') unread.refuse();
    const written = isStream(answer) ? accepted.stream : accepted.result;
    if (isStream(answer) || written === 'text/event-stream') {
      isStreaming = isStream(answer);
      if (isStreaming) ending.signal.throwIfAborted();
      left = new AbortController();
      if (response.destroyed) left.abort();
      const framing = written === 'multipart/mixed' ? multipart : serverSentEvents;
      return await sendFramed(response, framing, answer, left.signal, mesh.limits.keepAliveMs, unread);
    }
    await sendJson(request, response, statusOfResult(jsonType, answer), jsonType, answer, { unread });
  } catch (error) {
    const status = statusOf(error);
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (status === 503) response.setHeader('retry-after', '1');
    // What is left of the body is not read: the connection cannot be used again.
    if (!request.complete) response.setHeader('connection', 'close');
    if (status < 500 && status !== 429) {
      mesh.clients.refused(caller === undefined ? client.use : useOfCaller(mesh, client, caller));
    }
    mesh.refusals.thrown(error, { ...asked, caller });
    const result = presentFailure(error, { requestId, log: mesh.log });
    if (response.headersSent) response.destroy();
    else {
      // Clients that batch know this media type, and read an answer of it for each operation whatever its status.
      const isBatch = error instanceof BatchRefused && jsonType === 'application/graphql-response+json';
      const batch = isBatch ? error.operations : undefined;
      await sendJson(request, response, status, jsonType, result, { batch });
    }
  } finally {
    mesh.work.end(operating);
  }
}
