import { setTimeout as wait } from 'node:timers/promises';
import { type DocumentNode, type ExecutionResult, Kind, print } from 'graphql';
import { HeddleError } from '#core/errors.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import { activeSpan } from '#core/tracing/span.ts';
import type { SubgraphExecutor, SubgraphRequest } from '../executor.ts';
import { drainingStatus } from '../http-drain.ts';
import { signIdentity } from '../identity.ts';
import type { GatewayKeys } from '../mesh-keys.ts';
import type { TlsSource } from '../mesh-tls.ts';
import { resumptions } from '../resumption.ts';
import { type Address, createAddresses } from './addresses.ts';
import { atCapacity, broken, refusedIdentity, tooDeep, unreachable } from './errors.ts';
import {
  isBroken,
  learnInstance,
  OtherProcess,
  otherProcess,
  post,
  type Signed,
  wasNeverSent,
} from './post.ts';
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

type SubgraphResult = ExecutionResult | AsyncIterable<ExecutionResult>;

/** Does this refusal state that nothing was begun, so that the operation may be sent anew? */
function isNotBegun(result: SubgraphResult, { isSingle }: Printed): boolean {
  if (!isSingle || Symbol.asyncIterator in result) return false;
  const { errors = [] } = result;
  return errors.length > 0 && errors.every(({ extensions }) => extensions.notBegun === true);
}

/**
 * The connection broke before the answer of a mutation, or before a subscription's first event: it may have run. Sent again
 * with the same token, it runs if it has not begun, and is refused if it has.
 */
class Unanswered extends Error {
  readonly sent: Signed;
  readonly address: Address;

  constructor(sent: Signed, address: Address, cause: unknown) {
    super('The connection broke before the answer.', { cause });
    this.sent = sent;
    this.address = address;
  }
}

/**
 * Reaches a subgraph in another process: queries and mutations over kept-alive HTTP, subscriptions over one shared
 * WebSocket, each operation with the caller in a token signed for it alone. An operation that was certainly not begun
 * (no connection, or a process that drains and states it) is sent again, over a new connection and to another address
 * where there is one. When a connection breaks before the answer, a query is sent once more, and everything else with its
 * own token, which a subgraph accepts once: it runs at most once. Rejects when the subgraph cannot be reached, and states
 * which.
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
  const subgraph = { name, answerKeys };
  let running = 0;

  const signed = ({ instance }: Address, request: SubgraphRequest, query: string): Signed => {
    const operation = { query, variables: request.variables, operationName: request.operationName };
    const { caller, requestId, clientRequestId, clientAddress, trace } = request;
    const claims = { caller, requestId, clientRequestId, clientAddress, trace };
    const identity = signIdentity(keys.signingKey, { subgraph: name, instance }, claims, operation);
    return { operation, identity, instance };
  };

  const explain = (error: unknown, { signal }: SubgraphRequest): unknown => {
    if (error instanceof HeddleError) return error;
    if (error instanceof RangeError) return tooDeep();
    if (signal?.aborted === true) {
      // The gateway itself ends the operation with an error; a client that has left ends it without.
      if (signal.reason instanceof HeddleError) return signal.reason;
      return new HeddleError('INTERNAL', 'The client has gone.', { cause: error });
    }
    if (wasNeverSent(error)) return unreachable(name, error);
    return broken(name, error);
  };

  /** Subscriptions over the WebSocket, everything else by POST. Rejects as `post` does. */
  const send = async (
    address: Address,
    request: SubgraphRequest,
    sent: Signed,
    { type }: Printed,
  ): Promise<SubgraphResult> => {
    if (type !== 'subscription') return post(subgraph, address, request, sent);
    const { operation, identity } = sent;
    const isAnonymous = request.caller.kind === 'ANONYMOUS';
    const result = await address.subscriber.subscribe(
      { ...operation, identity, isAnonymous },
      request.signal,
    );
    if (Symbol.asyncIterator in result || namedInstance(result.errors) === undefined) return result;
    learnInstance(address, result);
    throw new OtherProcess(sent.instance);
  };

  /** Sends again where the subgraph names the process that the identity has to be signed for. */
  const sendSigned = async (address: Address, request: SubgraphRequest, document: Printed) => {
    const isQuery = document.type === 'query';
    const isAnonymous = request.caller.kind === 'ANONYMOUS';
    // Over a WebSocket the refusal of a token looks like that of a caller without credentials.
    const mayAskAgain = document.type === 'mutation' || (document.type === 'subscription' && !isAnonymous);
    for (let tries = 1; ; tries++) {
      const sent = signed(address, request, document.text);
      try {
        return await send(address, request, sent, document);
      } catch (error) {
        if (mayAskAgain && isBroken(error, request)) throw new Unanswered(sent, address, error);
        if (!(error instanceof OtherProcess)) throw error;
        const mayRepeat = error.signedFor === undefined || isQuery;
        if (!mayRepeat || tries >= triesMax) throw refusedIdentity(name, otherProcess);
      }
    }
  };

  const run = async (address: Address, request: SubgraphRequest, document: Printed) => {
    try {
      return await sendSigned(address, request, document);
    } catch (error) {
      if (error instanceof Unanswered) throw error;
      if (document.type !== 'query' || !isBroken(error, request)) throw explain(error, request);
      return sendSigned(address, request, document).catch((again: unknown) => {
        throw explain(again, request);
      });
    }
  };

  /** Sends again, with its token, what got no answer. Any refusal of the token: it may have run. */
  const runAgain = async (
    address: Address,
    request: SubgraphRequest,
    document: Printed,
    unanswered: Unanswered,
  ) => {
    try {
      return await send(address, request, unanswered.sent, document);
    } catch (error) {
      const wasRefused = error instanceof HeddleError && error.extensions.notBegun === true;
      if (isBroken(error, request) || wasNeverSent(error) || wasRefused) throw unanswered;
      if (request.signal?.aborted === true) throw explain(error, request);
      // A token that names no process is accepted by none: the next is signed for this one.
      if (error instanceof OtherProcess && error.signedFor === undefined) throw unreachable(name, error);
      throw broken(name, unanswered.cause);
    }
  };

  /** Runs the operation, again where nothing was begun or where its token allows no second run. */
  const persist = async (request: SubgraphRequest, document: Printed) => {
    const untilMs = now() + triesMsMax;
    let unanswered: Unanswered | undefined;
    for (let tries = 1; ; tries++) {
      // A token that names its process is refused by every other.
      const bound = unanswered?.sent.instance === undefined ? undefined : unanswered.address;
      const address = bound ?? addresses.pick();
      const isLast = tries >= triesMax || now() >= untilMs || request.signal?.aborted === true;
      try {
        const result =
          unanswered === undefined
            ? await run(address, request, document)
            : await runAgain(address, request, document, unanswered);
        // Also one that got no answer before: its token was good here, so it had begun nowhere.
        unanswered = undefined;
        if (!isNotBegun(result, document)) return result;
        address.avoid();
        if (isLast) return result;
      } catch (error) {
        unanswered = error instanceof Unanswered ? error : undefined;
        if (unanswered === undefined) {
          if (!(error instanceof HeddleError) || error.extensions.notBegun !== true) throw error;
        }
        address.avoid();
        if (isLast) throw unanswered === undefined ? error : explain(unanswered.cause, request);
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
