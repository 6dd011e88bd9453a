import type { IncomingMessage, ServerResponse } from 'node:http';

const openAiPath = /^\/(?:v1|graphql)(?:\/|$)/;
const anthropicPath = /\/messages(?:\/|$)/;

const whatToDo =
  'There is nothing at this path. Heddle serves /v1/chat/completions, /v1/responses, /v1/embeddings, /v1/models and /v1/messages, and speaks GraphQL at /graphql.';

/** What clients of OpenAI and Anthropic print of an answer is its `error`; of GraphQL its `errors`. */
function bodyFor(request: IncomingMessage, path: string, requestId: string): unknown {
  if (!openAiPath.test(path)) {
    const message = 'There is nothing here. The graph is at /graphql.';
    return { errors: [{ message, extensions: { code: 'NOT_FOUND' } }] };
  }
  if (anthropicPath.test(path) || request.headers['anthropic-version'] !== undefined) {
    return { type: 'error', error: { type: 'not_found_error', message: whatToDo }, request_id: requestId };
  }
  return { error: { message: whatToDo, type: 'invalid_request_error', param: null, code: 'not_found' } };
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
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
