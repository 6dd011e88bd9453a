import type { Unread } from '../../auth/client-use.ts';
import type { Operation } from '../../document/operation.ts';
import type { ClientResult } from '../../errors.ts';
import { readJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { setRetryAfter } from '../../http/headers.ts';
import { BadRequest, type Problem } from '../../http/problem.ts';
import { endWith } from '../../http/send.ts';
import { sendFramed } from '../../http/stream.ts';
import { runOperation } from '../../operations/run-operation.ts';
import { isStream } from '../../router.ts';
import type { Door } from '../door.ts';
import { multipart, serverSentEvents } from './framings.ts';
import { type Accepted, negotiateAnswer, type ResultType } from './negotiate.ts';
import { BatchRefused, type Parameters, parametersOfBody, parametersOfUrl } from './parameters.ts';
import { graphqlTransportWs, WebSocketSession } from './websocket-session.ts';

/**
 * The graph: JSON, server-sent events and multipart answers by POST and GET, and WebSockets that speak
 * graphql-transport-ws.
 */
export const graphqlDoor: Door = {
  name: 'graphql',
  paths: [
    { methods: ['GET', 'POST'], pattern: '/graphql', access: 'optional', webSocket: graphqlTransportWs },
  ],
  isCrossOrigin: true,
  acceptsSession: 'request',
  challenge: 'Bearer',
  handle: answerOperation,
  writeError: writeErrors,
  upgrade: (connection) => new WebSocketSession(connection),
};

type JsonType = Exclude<ResultType, 'text/event-stream'>;

/** The media type of a result that is no event, and of an error. */
function chooseJsonType({ result }: Accepted): JsonType {
  return result === undefined || result === 'text/event-stream' ? 'application/json' : result;
}

/** Sends the answer; of a batch as often as it has operations. The status is set already. */
function sendJson(
  { request, response }: Exchange,
  type: JsonType,
  result: ClientResult,
  { batch, unread }: { readonly batch?: number | undefined; readonly unread?: Unread },
): Promise<void> | undefined {
  if (response.destroyed) return undefined;
  const answer = batch === undefined ? result : Array.from({ length: batch }, () => result);
  const text = JSON.stringify(answer);
  const release = unread?.hold(text.length);
  if (release !== undefined) response.once('close', release);
  response.setHeader('content-type', `${type}; charset=utf-8`);
  setRetryAfter(response, result);
  return endWith(response, request.headers['accept-encoding'], text);
}

/** GraphQL over HTTP, section 6.4: without data the request failed, and the newer media type states it in the status. */
function statusOfResult(type: JsonType, result: ClientResult): number {
  return type === 'application/json' || 'data' in result ? 200 : 400;
}

async function readParameters(exchange: Exchange): Promise<Parameters> {
  return exchange.request.method === 'GET'
    ? parametersOfUrl(new URLSearchParams(exchange.search))
    : parametersOfBody(await readJson(exchange));
}

/** Throws BadRequest for an operation that this method and this kind of answer cannot carry. */
function validateMethod({ request, response }: Exchange, accepted: Accepted, { type }: Operation): void {
  if (request.method === 'GET' && type === 'mutation') {
    response.setHeader('allow', 'POST');
    throw new BadRequest(405, 'A GET only reads: send a mutation by POST.');
  }
  if (type === 'subscription') {
    if (accepted.stream !== undefined) return;
    throw new BadRequest(
      406,
      'Accept text/event-stream or multipart/mixed;subscriptionSpec=1.0 for a subscription, or use a WebSocket.',
    );
  }
  if (accepted.result === undefined) throw notAcceptable();
}

function notAcceptable(): BadRequest {
  return new BadRequest(
    406,
    'Accept application/json, application/graphql-response+json or text/event-stream.',
  );
}

async function answerOperation(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const accepted = negotiateAnswer(request.headers.accept);
  if (accepted.result === undefined && accepted.stream === undefined) throw notAcceptable();
  const { answer, unread } = await runOperation(exchange, await readParameters(exchange), (operation) =>
    validateMethod(exchange, accepted, operation),
  );
  const written = isStream(answer) ? accepted.stream : accepted.result;
  if (isStream(answer) || written === 'text/event-stream') {
    const framing = written === 'multipart/mixed' ? multipart : serverSentEvents;
    return sendFramed(exchange, framing, answer, unread);
  }
  const jsonType = chooseJsonType(accepted);
  response.statusCode = statusOfResult(jsonType, answer);
  await sendJson(exchange, jsonType, answer, { unread });
}

function writeErrors(exchange: Exchange, { error, thrown }: Problem): Promise<void> | undefined {
  const jsonType = chooseJsonType(negotiateAnswer(exchange.request.headers.accept));
  // Clients that batch know this media type, and read an answer of it for each operation whatever its status.
  const isBatch = thrown instanceof BatchRefused && jsonType === 'application/graphql-response+json';
  const batch = isBatch ? thrown.operations : undefined;
  return sendJson(exchange, jsonType, { errors: [error] }, { batch });
}
