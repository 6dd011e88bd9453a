import { type DocumentNode, type ExecutionResult, Kind, print } from 'graphql';
import { Pool } from 'undici';
import { HeddleError } from '#schema/errors.ts';
import { identityHeader, signIdentity } from '#schema/identity.ts';
import type { SubgraphExecutor, SubgraphName, SubgraphRequest } from '#schema/subgraph.ts';
import { broken, isWireResult, refusedIdentity, resultOf, tooDeep, unreachable } from './errors.ts';
import { createSubscriber, type Subscriber } from './subscriptions.ts';

export interface HttpExecutorOptions {
  readonly name: SubgraphName;
  /** Where the subgraph is served, e.g. `http://models:4001/graphql`; the path is /graphql when none is given. */
  readonly url: string;
  /** What both sides sign with; at least 32 bytes. */
  readonly meshSecret: string;
  /** Operations under way to this subgraph at once; one more is refused with OVERLOADED. */
  readonly operationsMax?: number;
  /** Events that may wait in this process for one slow subscriber. */
  readonly eventsMax?: number;
}

const operationsMaxDefault = 4_096;
const eventsMaxDefault = 1_000;
const connectTimeoutMs = 5_000;
/** Longer than any call to a provider may take. */
const answerTimeoutMs = 15 * 60_000;
const responseBytesMax = 64 * 1024 * 1024;

interface Printed {
  readonly text: string;
  readonly type: string;
}

const printed = new WeakMap<DocumentNode, Printed>();

/** The text of a document of the router's plans, made once for each. */
function printedOf(document: DocumentNode): Printed {
  let known = printed.get(document);
  if (known === undefined) {
    const operation = document.definitions.find(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION,
    );
    known = { text: print(document), type: operation?.operation ?? 'query' };
    printed.set(document, known);
  }
  return known;
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** The address with the path that subgraphs are served under. Throws TypeError for what is no HTTP URL. */
function addressOf(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`The URL of the subgraph ${name} is not one of HTTP: ${text}`);
  }
  if (url.pathname === '/') url.pathname = '/graphql';
  return url;
}

/**
 * Reaches a subgraph in another process: queries and mutations over kept-alive HTTP, subscriptions over one shared
 * WebSocket, each operation with the caller in a token signed for it alone. A query whose connection breaks is sent
 * once more, a mutation never. Rejects when the subgraph cannot be reached, and says which.
 */
export function createHttpExecutor(options: HttpExecutorOptions): SubgraphExecutor & AsyncDisposable {
  const { name, meshSecret, operationsMax = operationsMaxDefault } = options;
  const url = addressOf(name, options.url);
  const pool = new Pool(url.origin, {
    connections: operationsMax,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: responseBytesMax,
  });
  const subscriber: Subscriber = createSubscriber({
    name,
    url: new URL(url.href.replace(/^http/, 'ws')),
    eventsMax: options.eventsMax ?? eventsMaxDefault,
  });
  let running = 0;

  const send = async (request: SubgraphRequest, query: string): Promise<ExecutionResult> => {
    const operation = { query, variables: request.variables, operationName: request.operationName };
    const { caller, requestId, clientRequestId, clientAddress } = request;
    const claims = { caller, requestId, clientRequestId, clientAddress };
    const token = await signIdentity(meshSecret, name, claims, operation);
    const { statusCode, body } = await pool.request({
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-request-id': requestId,
        [identityHeader]: token,
      },
      body: JSON.stringify(operation),
      signal: request.signal ?? null,
    });
    const text = await body.text();
    if (statusCode === 401) throw refusedIdentity(name, text.slice(0, 500));
    const result: unknown = JSON.parse(text);
    if (!isWireResult(result))
      throw new Error(`The subgraph ${name} answered ${statusCode} without a result.`);
    return resultOf(result);
  };

  const explain = (error: unknown, { signal }: SubgraphRequest): unknown => {
    if (error instanceof HeddleError) return error;
    if (error instanceof RangeError) return tooDeep();
    if (signal?.aborted === true)
      return new HeddleError('INTERNAL', 'The client has gone.', { cause: error });
    if (neverSent.has(codeOf(error))) return unreachable(name, error);
    return broken(name, error);
  };

  const ask = async (request: SubgraphRequest, { text, type }: Printed): Promise<ExecutionResult> => {
    try {
      return await send(request, text);
    } catch (error) {
      const explained = explain(error, request);
      const mayRepeat = type === 'query' && codeOf(error) !== '' && request.signal?.aborted !== true;
      if (!mayRepeat) throw explained;
      return send(request, text).catch((again: unknown) => {
        throw explain(again, request);
      });
    }
  };

  const subscribe = async (request: SubgraphRequest, query: string) => {
    const { caller, requestId, clientRequestId, clientAddress, variables, operationName } = request;
    const operation = { query, variables, operationName };
    const identity = await signIdentity(
      meshSecret,
      name,
      { caller, requestId, clientRequestId, clientAddress },
      operation,
    ).catch((error: unknown) => {
      throw explain(error, request);
    });
    return subscriber.subscribe(
      { ...operation, identity, isAnonymous: caller.kind === 'ANONYMOUS' },
      request.signal,
    );
  };

  return {
    async execute(request) {
      const document = printedOf(request.document);
      if (document.type === 'subscription') return subscribe(request, document.text);
      if (running >= operationsMax) throw unreachable(name);
      running++;
      try {
        return await ask(request, document);
      } finally {
        running--;
      }
    },
    async [Symbol.asyncDispose]() {
      subscriber.close();
      await pool.destroy();
    },
  };
}
