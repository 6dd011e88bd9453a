import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { ConnectionLost } from '#core/connection-lost.ts';
import { HeddleError } from '#core/errors.ts';
import type { Subgraph, SubgraphRequest } from '../executor.ts';
import { type IdentityVerifier, identityHeader } from '../identity.ts';
import { answerCode, answerCodeHeader } from '../mesh-answers.ts';

type ServedContext = Pick<
  SubgraphRequest,
  'caller' | 'requestId' | 'clientRequestId' | 'clientAddress' | 'trace' | 'signal'
>;

const noSubscriptions: ExecutionResult = {
  errors: [
    new GraphQLError('Subscriptions are served over WebSocket.', { extensions: { code: 'BAD_USER_INPUT' } }),
  ],
};

/** Apollo parses, validates and keeps documents; the subgraph itself executes, as it does in one process. */
function executing(subgraph: Subgraph): ApolloServerPlugin<ServedContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, operation, operationName, request, contextValue }) {
          const result =
            operation.operation === OperationTypeNode.SUBSCRIPTION
              ? noSubscriptions
              : await subgraph.execute({
                  ...contextValue,
                  document,
                  variables: request.variables,
                  operationName: operationName ?? undefined,
                });
          if (Symbol.asyncIterator in result) throw new Error('a query answered a stream');
          const { data, errors } = result;
          const singleResult = {
            ...(errors && { errors: errors.map((error) => error.toJSON()) }),
            ...(data !== undefined && { data }),
          };
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
        },
      };
    },
  };
}

export interface ServedHttpOptions {
  readonly verifier: IdentityVerifier;
  readonly bodyBytesMax: number;
  /** Authenticates every answer. */
  readonly answerKey: KeyObject | undefined;
  /** Whether the schema may be read, and its names are suggested in errors. */
  readonly introspection: boolean;
  readonly log: Logger;
}

/** Queries and mutations over HTTP, each with a valid identity of the gateway; everything else is refused. */
export async function createServedHttp(
  subgraph: Subgraph,
  { verifier, bodyBytesMax, answerKey, introspection, log }: ServedHttpOptions,
) {
  const apollo = new ApolloServer<ServedContext>({
    schema: subgraph.schema,
    // No environment variable of Apollo's turns on what leaves the mesh.
    plugins: [
      executing(subgraph),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
    ],
    // Nothing without an identity comes this far, and a browser cannot make one.
    csrfPrevention: false,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: log,
    formatError: (formatted) => ({
      ...formatted,
      extensions: { ...formatted.extensions, code: toCloseCode(formatted.extensions?.code) },
    }),
  });
  await apollo.start();

  /** Requests in progress, by their identities. */
  const running = new Map<string, AbortController>();

  const answer = async (request: IncomingMessage, response: ServerResponse, leaving: AbortController) => {
    const body = await readJson(request, bodyBytesMax);
    const { query, variables, operationName } = body;
    if (typeof query !== 'string') throw new HeddleError('BAD_USER_INPUT', 'The body has no query.');
    const token = identityIn(request);
    const { caller, requestId, clientRequestId, clientAddress, trace } = await verifier.verify(token, {
      query,
      variables: variables as Record<string, unknown> | null | undefined,
      operationName: operationName as string | null | undefined,
    });
    const headers = new HeaderMap([['content-type', 'application/json']]);
    if (request.headers.accept) headers.set('accept', request.headers.accept);
    const { signal } = leaving;
    running.set(token, leaving);
    const answered = await apollo
      .executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: 'POST',
          headers,
          search: '',
          body: { query, variables: variables ?? null, operationName: operationName ?? null },
        },
        context: async () => ({ caller, requestId, clientRequestId, clientAddress, trace, signal }),
      })
      .finally(() => running.delete(token));
    if (answered.body.kind !== 'complete') throw new Error('a subgraph does not answer in parts');
    send(request, response, {
      status: answered.status ?? 200,
      headers: Object.fromEntries(answered.headers),
      text: answered.body.string,
    });
  };

  /** Every answer, refusals included, is good for its request alone: a gateway sends again what was not begun. */
  const send = (request: IncomingMessage, response: ServerResponse, { status, headers, text }: Answer) => {
    const code = answerKey && answerCode(answerKey, identityIn(request), status, text);
    const body = Buffer.from(text);
    response.writeHead(status, {
      ...headers,
      'content-length': body.byteLength,
      ...(code === undefined ? {} : { [answerCodeHeader]: code }),
    });
    response.end(body);
  };

  return {
    async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      // A gateway that ends requests the end of its own request: whoever knows the identity has sent the request.
      if (request.method === 'DELETE') {
        const ending = running.get(identityIn(request));
        ending?.abort(new ConnectionLost());
        response.writeHead(ending === undefined ? 404 : 204).end();
        return;
      }
      const leaving = new AbortController();
      response.on('close', () => {
        if (!response.writableFinished) leaving.abort();
      });
      try {
        await answer(request, response, leaving);
      } catch (error) {
        if (response.headersSent || response.destroyed) response.destroy();
        else send(request, response, explainError(error, request, log));
      }
    },
    stop: () => apollo.stop(),
  };
}

function identityIn(request: IncomingMessage): string {
  const token = request.headers[identityHeader];
  return typeof token === 'string' ? token : '';
}

/** Apollo has codes of its own for documents that do not parse or validate. */
function toCloseCode(code: unknown): string {
  return typeof code === 'string' && /^(GRAPHQL_|BAD_|OPERATION_|PERSISTED_)/.test(code)
    ? 'BAD_USER_INPUT'
    : String(code ?? 'INTERNAL').replace('INTERNAL_SERVER_ERROR', 'INTERNAL');
}

const statusOfCode: Readonly<Partial<Record<string, number>>> = {
  UNAUTHENTICATED: 401,
  BAD_USER_INPUT: 400,
  OVERLOADED: 503,
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function explainError(error: unknown, request: IncomingMessage, log: Logger): Answer {
  const known =
    error instanceof HeddleError ? error : new HeddleError('INTERNAL', 'Something unexpected failed.');
  if (known !== error) log.error({ err: error }, 'a request to the subgraph failed unexpectedly');
  return {
    status: statusOfCode[known.code] ?? 500,
    // What is left of a body is not read.
    headers: { 'content-type': 'application/json', ...(request.complete ? {} : { connection: 'close' }) },
    text: JSON.stringify({ errors: [{ message: known.message, extensions: known.extensions }] }),
  };
}

/** The body as an object: POST and application/json only, within the bound. */
async function readJson(request: IncomingMessage, bytesMax: number): Promise<Record<string, unknown>> {
  if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new HeddleError('BAD_USER_INPUT', 'A subgraph is called by POST with application/json.');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax)
      throw new HeddleError('BAD_USER_INPUT', `The body is larger than ${bytesMax} bytes.`);
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new HeddleError('BAD_USER_INPUT', 'The body is not JSON.', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HeddleError('BAD_USER_INPUT', 'The body is not a JSON object.');
  }
  return body as Record<string, unknown>;
}
