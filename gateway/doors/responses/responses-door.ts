import type { Exchange } from '../../http/exchange.ts';
import type { Door, Method } from '../door.ts';
import { writeOpenAiError } from '../openai/openai-errors.ts';
import { compactResponse } from './compact/compact-response.ts';
import { createResponse } from './create-response.ts';
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './read-response.ts';
import { ResponsesSocket } from './socket/responses-socket.ts';

type Handle = (exchange: Exchange) => Promise<void>;

/** By the pattern of the path, then by method. */
const endpoints: Readonly<Record<string, Readonly<Partial<Record<Method, Handle>>>>> = {
  '/v1/responses': { POST: createResponse },
  '/v1/responses/compact': { POST: compactResponse },
  '/v1/responses/{id}': { GET: retrieveResponse, DELETE: deleteResponse },
  '/v1/responses/{id}/cancel': { POST: cancelResponse },
  '/v1/responses/{id}/input_items': { GET: listInputItems },
};

/** OpenAI's responses API, which Codex speaks as well. */
export const responsesDoor: Door = {
  name: 'responses',
  paths: Object.entries(endpoints).map(([pattern, methods]) => ({
    pattern,
    methods: Object.keys(methods) as Method[],
    access: 'required',
    ...(pattern === '/v1/responses' ? { webSocket: '', hasCallMessages: true } : {}),
  })),
  isCrossOrigin: true,
  challenge: 'Bearer',
  handle: (exchange) => endpoints[exchange.pattern]?.[exchange.request.method as Method]?.(exchange),
  writeError: writeOpenAiError,
  upgrade: (connection) => new ResponsesSocket(connection),
};
