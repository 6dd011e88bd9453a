import type { IncomingMessage, ServerResponse } from 'node:http';

const restPath = /^\/(?:v1|graphql)(?:\/|$)/;
/** Paths that the clients of each vendor append to a base URL. */
const openAiCall = /\/(?:chat\/completions|completions|responses|embeddings|models)(?:\/|$)/;
const anthropicCall = /\/messages(?:\/|$)/;

const whatToDo =
  'There is nothing at this path. Heddle serves /v1/chat/completions, /v1/responses, /v1/embeddings, /v1/models and /v1/messages, and speaks GraphQL at /graphql.';
const openAiBase = 'The base URL of OpenAI SDKs is the address of this gateway and /v1.';
const anthropicBase = 'The base URL of Anthropic SDKs is the address of this gateway, without /v1.';

function isAnthropic({ headers }: IncomingMessage, path: string): boolean {
  return anthropicCall.test(path) || (restPath.test(path) && headers['anthropic-version'] !== undefined);
}

/** What clients of OpenAI and Anthropic print of an answer is its `error`; of GraphQL its `errors`. */
function bodyFor(request: IncomingMessage, path: string, requestId: string): unknown {
  if (isAnthropic(request, path)) {
    const isMisplaced = anthropicCall.test(path) && !path.startsWith('/v1/messages');
    const message = isMisplaced ? `${whatToDo} ${anthropicBase}` : whatToDo;
    return { type: 'error', error: { type: 'not_found_error', message }, request_id: requestId };
  }
  if (restPath.test(path) || openAiCall.test(path)) {
    const isMisplaced = openAiCall.test(path) && !/^\/v1\/(?!v1\/)/.test(path);
    const message = isMisplaced ? `${whatToDo} ${openAiBase}` : whatToDo;
    return { error: { message, type: 'invalid_request_error', param: null, code: 'not_found' } };
  }
  const message = 'There is nothing here. The graph is at /graphql.';
  return { errors: [{ message, extensions: { code: 'NOT_FOUND' } }] };
}

/** 404, in the format of the API that the path belongs to. */
export function sendNotFound(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  requestId: string,
): void {
  const body = JSON.stringify(bodyFor(request, path, requestId));
  response.writeHead(404, {
    'content-type': 'application/json; charset=utf-8',
    'access-control-allow-origin': '*',
    'x-should-retry': 'false',
    ...(isAnthropic(request, path) ? { 'request-id': requestId } : {}),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
