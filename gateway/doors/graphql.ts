import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { type ClientResult, presentFailure } from '../errors.ts';
import type { Operation } from '../execution/operation.ts';
import { type Answer, isOperation, isStream, type OperationContext } from '../router.ts';
import { clientAddressOf, credentialsOf, type Mesh, requestIdOf } from './door.ts';
import { sendExplorer } from './explorer.ts';
import { type AnswerType, isJson, negotiateAnswer, prefersPage } from './media-type.ts';
import { BadRequest, type Parameters, parametersOfBody, parametersOfUrl, readBody } from './parameters.ts';
import { sendEvents } from './sse.ts';

/** An answer before any operation ran, with its HTTP status. */
function statusOf(error: unknown): number {
  if (error instanceof BadRequest) return error.status;
  if (!(error instanceof HeddleError)) return 500;
  if (error.code === 'UNAUTHENTICATED') return 401;
  if (error.code === 'FORBIDDEN') return 403;
  return error.code === 'OVERLOADED' ? 503 : 500;
}

function sendJson(
  response: ServerResponse,
  status: number,
  type: Exclude<AnswerType, 'text/event-stream'>,
  result: ClientResult,
): void {
  if (response.destroyed) return;
  // A text goes out with the headers in one write.
  const body = JSON.stringify(result);
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

/** GraphQL over HTTP, section 6.4: without data the request failed, and the newer media type says so in the status. */
function statusOfResult(type: AnswerType, result: ClientResult): number {
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

async function parametersOf(request: IncomingMessage, mesh: Mesh, search: string): Promise<Parameters> {
  if (request.method === 'GET') return parametersOfUrl(new URLSearchParams(search));
  if (!isJson(request.headers['content-type'])) {
    throw new BadRequest(415, 'Send the request as application/json in UTF-8.');
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new BadRequest(415, 'Send the body as it is, without a content-encoding.');
  }
  return parametersOfBody(await readBody(request, mesh.limits.bodyBytesMax));
}

/** An operation that this method and this kind of answer cannot carry. */
function misfit(request: IncomingMessage, type: AnswerType, operation: Operation): BadRequest | undefined {
  if (request.method === 'GET' && operation.type === 'mutation') {
    return new BadRequest(405, 'A GET only reads: send a mutation by POST.');
  }
  if (operation.type === 'subscription' && type !== 'text/event-stream') {
    return new BadRequest(406, 'Accept text/event-stream for a subscription, or use a WebSocket.');
  }
  return undefined;
}

async function answerOperation(
  mesh: Mesh,
  operation: Operation,
  parameters: Parameters,
  context: OperationContext,
): Promise<Answer> {
  return mesh.router().run(operation, parameters.variables, context);
}

/** POST and GET /graphql: JSON, server-sent events, and the Explorer for browsers. */
export async function serveGraphql(
  mesh: Mesh,
  request: IncomingMessage,
  response: ServerResponse,
  search: string,
): Promise<void> {
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  if (allowCrossOrigin(request, response)) return;
  const accept = request.headers.accept;
  if (request.method === 'GET' && prefersPage(accept)) return sendExplorer(request, response);
  // A cache between us and the client knows nothing of x-api-key: it would answer one caller with another's data.
  if (request.method === 'GET') response.setHeader('cache-control', 'no-store');

  const type = negotiateAnswer(accept);
  const jsonType = type === undefined || type === 'text/event-stream' ? 'application/json' : type;
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  mesh.work.begin();
  try {
    if (request.method !== 'GET' && request.method !== 'POST') {
      response.setHeader('allow', 'GET, POST');
      throw new BadRequest(405, 'Send a POST, or a GET for a query.');
    }
    if (mesh.work.closing) {
      throw new HeddleError('OVERLOADED', 'This process is shutting down.', {
        extensions: { retryAfterMs: 1000 },
      });
    }
    if (type === undefined) {
      throw new BadRequest(
        406,
        'Accept application/json, application/graphql-response+json or text/event-stream.',
      );
    }
    const clientAddress = clientAddressOf(request);
    const parameters = await parametersOf(request, mesh, search);
    const caller: Caller = await mesh.callers.identify(credentialsOf(request), { requestId, clientAddress });
    const operation = mesh.router().prepare(parameters.query, parameters.operationName);
    if (isOperation(operation)) {
      const wrong = misfit(request, type, operation);
      if (wrong !== undefined) {
        if (wrong.status === 405) response.setHeader('allow', 'POST');
        throw wrong;
      }
    }
    const context = { caller, requestId, clientAddress, signal: left.signal };
    const answer: Answer = isOperation(operation)
      ? await answerOperation(mesh, operation, parameters, context)
      : operation;
    if (type === 'text/event-stream')
      return await sendEvents(response, answer, left.signal, mesh.limits.keepAliveMs);
    if (isStream(answer)) {
      await answer.return?.();
      throw new Error('A query or mutation answered with a stream.');
    }
    sendJson(response, statusOfResult(type, answer), type, answer);
  } catch (error) {
    const status = statusOf(error);
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (status === 503) response.setHeader('retry-after', '1');
    // What is left of the body is not read: the connection cannot be used again.
    if (!request.complete) response.setHeader('connection', 'close');
    const result = presentFailure(error, { requestId, log: mesh.log });
    if (response.headersSent) response.destroy();
    else sendJson(response, status, jsonType, result);
  } finally {
    mesh.work.end();
  }
}
