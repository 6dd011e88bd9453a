import { setTimeout as wait } from 'node:timers/promises';
import { type DocumentNode, type ExecutionResult, Kind, print } from 'graphql';
import { HeddleError } from '#core/errors.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import { activeSpan } from '#core/tracing/span.ts';
import type { SubgraphExecutor, SubgraphRequest } from '../executor.ts';
import { drainingStatus } from '../http-drain.ts';
import { identityHeader, signIdentity } from '../identity.ts';
import { answerCodeHeader, isAuthenticAnswer } from '../mesh-answers.ts';
import type { GatewayKeys } from '../mesh-keys.ts';
import type { TlsSource } from '../mesh-tls.ts';
import { resumptions } from '../resumption.ts';
import { type Address, createAddresses } from './addresses.ts';
import {
  atCapacity,
  broken,
  forgedAnswer,
  isWireResult,
  readResult,
  refusedIdentity,
  tooDeep,
  unreachable,
} from './errors.ts';
import { resumeSubscriptions } from './resuming.ts';
import { namedInstance } from './subscriptions.ts';

export interface HttpExecutorOptions {
  readonly name: SubgraphName;
  /**
   * Where the subgraph is served, e.g. `http://models:4001/graphql`; the path is /graphql when the URL has none. Several
   * addresses of equal processes are separated by commas.
   */
  readonly url: string;
  readonly keys: GatewayKeys;
  /** Required for https addresses: the certificate of this gateway, and the authorities of those of subgraphs. */
  readonly tls?: TlsSource | undefined;
  /** Operations under way to this subgraph at once; one more is refused with OVERLOADED. */
  readonly operationsMax?: number;
  /** Events that may wait in this process for one slow subscriber. */
  readonly eventsMax?: number;
  readonly now?: () => number;
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const operationsMaxDefault = 4_096;
const eventsMaxDefault = 1_000;

/** How often, and until when after the first time, an operation is sent that no process has begun. */
const triesMax = 3;
const triesMsMax = 2_000;
const backoffMs = 50;
/** How long a subgraph may take to answer a request that this gateway ends: less than the gateway waits for itself. */
const endedMsMax = 900;

interface Printed {
  readonly text: string;
  readonly type: string;
  /** The operation has a single root field: an error of it that states it means that nothing at all was begun. */
  readonly isSingle: boolean;
}

const printed = new WeakMap<DocumentNode, Printed>();

/** The text of a document of the router's plans, made once for each. */
function printDocument(document: DocumentNode): Printed {
  let known = printed.get(document);
  if (known === undefined) {
    const operation = document.definitions.find(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION,
    );
    const isSingle = operation?.selectionSet.selections.length === 1;
    known = { text: print(document), type: operation?.operation ?? 'query', isSingle };
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

function readErrorCode(error: unknown): string {
  if (error instanceof AggregateError) return readErrorCode(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** The address with the path that subgraphs are served under. Throws TypeError for what is no HTTP URL. */
function toAddress({ name, keys, tls }: HttpExecutorOptions, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`The URL of the subgraph ${name} is not one of HTTP.`);
  }
  if (url.protocol === 'https:' && tls === undefined) {
    throw new TypeError(
      `The subgraph ${name} is reached over TLS, and no certificates are configured: ${url.host}`,
    );
  }
  if (url.protocol === 'http:' && keys.answerKeys === undefined) {
    throw new TypeError(
      `The subgraph ${name} is reached over plain HTTP, and no mesh secret is configured: ${url.host}`,
    );
  }
  if (url.pathname === '/') url.pathname = '/graphql';
  return url;
}

/**
 * The signal that ends the request to the subgraph. A client that leaves closes the connection. A gateway that ends
 * requests that the subgraph ends the call as ended by the mesh, and waits for the answer, which names the call.
 */
function watchEnding({ signal }: SubgraphRequest, { url, pool }: Address, identity: string) {
  if (signal === undefined) return { signal: null, [Symbol.dispose]: () => undefined };
  const ending = new AbortController();
  const onAbort = () => {
    if (!(signal.reason instanceof HeddleError)) return ending.abort(signal.reason);
    const timer = setTimeout(() => ending.abort(signal.reason), endedMsMax);
    ending.signal.addEventListener('abort', () => clearTimeout(timer));
    const headers = { [identityHeader]: identity };
    pool
      .request({ path: url.pathname + url.search, method: 'DELETE', headers, signal: ending.signal })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        if (statusCode !== 204) ending.abort(signal.reason);
      })
      // Any error: a call that cannot be canceled there is abandoned here.
      .catch(() => ending.abort(signal.reason));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { signal: ending.signal, [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
}

/** Does this refusal state that nothing was begun, so that the operation may be sent anew? */
function isNotBegun(
  result: ExecutionResult | AsyncIterable<ExecutionResult>,
  { isSingle }: Printed,
): boolean {
  if (!isSingle || Symbol.asyncIterator in result) return false;
  const { errors = [] } = result;
  return errors.length > 0 && errors.every(({ extensions }) => extensions.notBegun === true);
}

const otherProcess = 'The identity was signed for another process of the subgraph.';

/**
 * The subgraph refuses an identity that is not signed for this process of it. One that named no process is not accepted
 * anywhere, so that the operation was certainly not begun; one that named another may have been used there, whoever
 * brought it here.
 */
class OtherProcess extends Error {
  readonly signedFor: string | undefined;

  constructor(signedFor: string | undefined) {
    super(otherProcess);
    this.signedFor = signedFor;
  }
}

/**
 * Reaches a subgraph in another process: queries and mutations over kept-alive HTTP, subscriptions over one shared
 * WebSocket, each operation with the caller in a token signed for it alone. An operation that was certainly not begun
 * (no connection, or a process that drains and states it) is sent again, over a new connection and to another address
 * where there is one. A query is sent once more when its connection breaks, a mutation never. Rejects when the subgraph
 * cannot be reached, and states which.
 */
export function createHttpExecutor(options: HttpExecutorOptions): SubgraphExecutor & AsyncDisposable {
  const { name, keys, tls, operationsMax = operationsMaxDefault, now = Date.now } = options;
  const { answerKeys } = keys;
  const urls = options.url.split(',').map((url) => toAddress(options, url.trim()));
  const eventsMax = options.eventsMax ?? eventsMaxDefault;
  const { delay } = options;
  const addresses = createAddresses({
    name,
    urls,
    operationsMax,
    eventsMax,
    answerKeys,
    tls,
    now,
    delay,
  });
  let running = 0;

  const signed = ({ instance }: Address, request: SubgraphRequest, query: string) => {
    const operation = { query, variables: request.variables, operationName: request.operationName };
    const { caller, requestId, clientRequestId, clientAddress, trace } = request;
    const claims = { caller, requestId, clientRequestId, clientAddress, trace };
    const identity = signIdentity(keys.signingKey, { subgraph: name, instance }, claims, operation);
    return { operation, identity, instance };
  };

  const send = async (address: Address, request: SubgraphRequest, { text: query }: Printed) => {
    const { operation, identity, instance } = signed(address, request, query);
    const { url, pool } = address;
    const ending = watchEnding(request, address, identity);
    let statusCode: number;
    let text: string;
    let code: unknown;
    try {
      const answer = await pool.request({
        path: url.pathname + url.search,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-request-id': request.requestId,
          [identityHeader]: identity,
        },
        body: JSON.stringify(operation),
        signal: ending.signal,
      });
      ({ statusCode } = answer);
      code = answer.headers[answerCodeHeader];
      text = await answer.body.text();
    } finally {
      ending[Symbol.dispose]();
    }
    const isOpenToForgery = url.protocol === 'http:' && answerKeys !== undefined;
    if (isOpenToForgery && !isAuthenticAnswer(answerKeys, code, identity, statusCode, text)) {
      throw forgedAnswer(name);
    }
    const result = parseJson(text);
    if (statusCode === 401) {
      const named = isWireResult(result) && learnInstance(address, readResult(result));
      if (typeof named === 'string') throw new OtherProcess(instance);
      throw refusedIdentity(name, text.slice(0, 500));
    }
    if (!isWireResult(result))
      throw new Error(`The subgraph ${name} answered ${statusCode} without a result.`);
    return readResult(result);
  };

  const learnInstance = (address: Address, { errors }: ExecutionResult) => {
    address.instance = namedInstance(errors);
    return address.instance;
  };

  const explain = (error: unknown, { signal }: SubgraphRequest): unknown => {
    if (error instanceof HeddleError) return error;
    if (error instanceof RangeError) return tooDeep();
    if (signal?.aborted === true) {
      // The gateway itself ends the operation with an error; a client that has left ends it without.
      if (signal.reason instanceof HeddleError) return signal.reason;
      return new HeddleError('INTERNAL', 'The client has gone.', { cause: error });
    }
    if (neverSent.has(readErrorCode(error))) return unreachable(name, error);
    return broken(name, error);
  };

  /** Sends again where the subgraph names the process that the identity has to be signed for. */
  const sendSigned = async (address: Address, request: SubgraphRequest, document: Printed) => {
    for (let tries = 1; ; tries++) {
      try {
        return await send(address, request, document);
      } catch (error) {
        if (!(error instanceof OtherProcess)) throw error;
        const mayRepeat = error.signedFor === undefined || document.type === 'query';
        if (!mayRepeat || tries >= triesMax) throw refusedIdentity(name, otherProcess);
      }
    }
  };

  const ask = async (address: Address, request: SubgraphRequest, document: Printed) => {
    try {
      return await sendSigned(address, request, document);
    } catch (error) {
      const mayRepeat =
        document.type === 'query' &&
        !(error instanceof HeddleError) &&
        readErrorCode(error) !== '' &&
        !neverSent.has(readErrorCode(error)) &&
        request.signal?.aborted !== true;
      if (!mayRepeat) throw explain(error, request);
      return sendSigned(address, request, document).catch((again: unknown) => {
        throw explain(again, request);
      });
    }
  };

  const subscribe = async (address: Address, request: SubgraphRequest, { text }: Printed) => {
    const isAnonymous = request.caller.kind === 'ANONYMOUS';
    for (let tries = 1; ; tries++) {
      let signedFor: string | undefined;
      const opening = async () => {
        const { operation, identity, instance } = signed(address, request, text);
        signedFor = instance;
        return address.subscriber.subscribe({ ...operation, identity, isAnonymous }, request.signal);
      };
      const result = await opening().catch((error: unknown) => {
        throw explain(error, request);
      });
      if (Symbol.asyncIterator in result || namedInstance(result.errors) === undefined) return result;
      learnInstance(address, result);
      if (signedFor !== undefined || tries >= triesMax) throw refusedIdentity(name, otherProcess);
    }
  };

  /** Runs the operation, again where nothing was begun. */
  const persist = async (request: SubgraphRequest, document: Printed) => {
    const run = document.type === 'subscription' ? subscribe : ask;
    const untilMs = now() + triesMsMax;
    for (let tries = 1; ; tries++) {
      const address = addresses.pick();
      const isLast = tries >= triesMax || now() >= untilMs || request.signal?.aborted === true;
      try {
        const result = await run(address, request, document);
        if (!isNotBegun(result, document)) return result;
        address.avoid();
        if (isLast) return result;
      } catch (error) {
        if (!(error instanceof HeddleError) || error.extensions.notBegun !== true) throw error;
        address.avoid();
        if (isLast) throw error;
      }
      // Another address is tried at once.
      if (tries >= urls.length) await wait(backoffMs * 2 ** (tries - urls.length));
    }
  };

  const resumption = resumptions[name];
  const subscriptions = {
    execute: (request: SubgraphRequest) => persist(request, printDocument(request.document)),
  };
  const { execute: subscribed } =
    resumption === undefined ? subscriptions : resumeSubscriptions(subscriptions, { resumption, now });

  return {
    async execute(given) {
      const span = activeSpan();
      const request = span === undefined ? given : { ...given, trace: span.context };
      const document = printDocument(request.document);
      if (document.type === 'subscription') return subscribed(request);
      if (running >= operationsMax) throw atCapacity(name);
      running++;
      try {
        return await persist(request, document);
      } finally {
        running--;
      }
    },
    async ready(signal) {
      const probes = addresses.all.map(async ({ url, pool }) => {
        const path = `${url.pathname.replace(/\/graphql$/, '')}/health/ready`;
        const { statusCode, body } = await pool.request({ path, method: 'GET', signal });
        const text = await body.text();
        return statusCode === 200 || JSON.parse(text).status === drainingStatus;
      });
      const answers = await Promise.allSettled(probes);
      return answers.some((answer) => answer.status === 'fulfilled' && answer.value);
    },
    [Symbol.asyncDispose]: () => addresses[Symbol.asyncDispose](),
  };
}
