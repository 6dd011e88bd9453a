import { type KeyObject, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { drainedCloseCode } from '../http-drain.ts';
import { SocketCodeReader, socketNonceHeader } from '../mesh-answers.ts';
import { checkPart, type TlsSource, tlsVersionMin } from '../mesh-tls.ts';
import { broken, overrun, readError, readResult, refusedIdentity, unreachable } from './errors.ts';
import { EventBuffer } from './event-buffer.ts';

export interface SignedOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
  readonly identity: string;
  readonly isAnonymous: boolean;
}

/** Subscriptions to one subgraph, all over one WebSocket, which is opened when there is a first. */
export interface Subscriber {
  /**
   * The subscription's events, or the result that refuses it when that comes first. Rejects when the subgraph cannot
   * be reached. A connection that breaks later ends the events with an error: nothing is subscribed to twice.
   */
  subscribe(
    operation: SignedOperation,
    signal: AbortSignal | undefined,
  ): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;
  /** Closes the WebSocket when its last subscription has ended; nothing more is subscribed to. */
  retire(): void;
  close(): void;
}

/** How long a first event or a refusal is waited for before the subscription counts as begun. */
const firstEventMs = 2_000;
/**
 * How long the subscription of a client that read too slowly is kept, its events dropped, so that it counts as present
 * until it had time to resume.
 */
const overrunKeptMs = 10_000;
const acknowledgeTimeoutMs = 5_000;
const keepAliveMs = 10_000;
const pongTimeoutMs = 5_000;
/** A subgraph sends no event that is longer; see serve-websocket.ts. */
const messageBytesMax = 96 * 1024 * 1024;

/** What is no JSON stays the text that it is, for graphql-ws to refuse. */
function parseMessage(data: unknown): unknown {
  const text = String(data);
  try {
    return parseJson(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return text;
  }
}

/** Of events that wait for one slow subscriber. More than the longest answer that inference keeps, sent twice. */
const waitingCharactersMax = 32 * 1024 * 1024;

/** The characters of all texts in a value; what stands around them counts as nothing. */
function countCharacters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const inner of Object.values(value)) sum += countCharacters(inner);
  return sum;
}

/** The close code of a connection that broke. */
const brokenCloseCode = 1006;

/**
 * WebSockets that emit messages parsed, with the digits of their numbers (graphql-ws parses those that are texts, and
 * rounds), and, over plain HTTP, only what a subgraph of this mesh has sent over this socket, in order.
 */
function createMeshSocket(
  name: string,
  answerKeys: readonly KeyObject[] | undefined,
  tls: TlsSource | undefined,
) {
  return class MeshSocket extends WebSocket {
    readonly #codes: SocketCodeReader | undefined;

    constructor(address: string | URL, protocols?: string | string[]) {
      const nonce = randomUUID();
      super(address, protocols, {
        perMessageDeflate: false,
        maxPayload: messageBytesMax,
        handshakeTimeout: acknowledgeTimeoutMs,
        ...(answerKeys === undefined ? {} : { headers: { [socketNonceHeader]: nonce } }),
        ...tls?.current(),
        minVersion: tlsVersionMin,
        // The type of ws has another result than Node's own option, which this is handed on to.
        checkServerIdentity: checkPart(name) as never,
      });
      this.#codes = answerKeys && new SocketCodeReader(answerKeys, nonce);
    }

    // biome-ignore lint/suspicious/noExplicitAny: the signature of EventEmitter
    override emit(event: string | symbol, ...args: any[]): boolean {
      if (event === 'close' && this.#codes !== undefined && args[0] === drainedCloseCode) {
        const isOurs = this.#codes.isAuthenticClose(drainedCloseCode, String(args[1]));
        return super.emit('close', isOurs ? drainedCloseCode : brokenCloseCode, args[1]);
      }
      if (event !== 'message') return super.emit(event, ...args);
      const text = this.#codes === undefined ? String(args[0]) : this.#codes.open(String(args[0]));
      if (text === undefined) {
        this.terminate();
        return true;
      }
      // Messages marked as binary are handed on as they are.
      return super.emit(event, parseMessage(text), true);
    }
  };
}

/** The completion that an event belongs to, when it states it. */
function readCompletionId(event: ExecutionResult): string | undefined {
  for (const value of Object.values(event.data ?? {})) {
    if (typeof value === 'object' && value !== null && 'completionId' in value)
      return String(value.completionId);
  }
  return undefined;
}

/** The subgraph drained and has begun nothing that it had not answered. */
function isDrained(reason: unknown): boolean {
  return (
    typeof reason === 'object' && reason !== null && 'code' in reason && reason.code === drainedCloseCode
  );
}

function isRefusal(reason: unknown): reason is readonly GraphQLFormattedError[] {
  return Array.isArray(reason) && reason.length > 0;
}

/** The process that an identity has to be signed for, when this is why the operation was refused. */
export function namedInstance(
  errors: readonly Pick<GraphQLError, 'extensions'>[] | readonly GraphQLFormattedError[] | undefined,
): string | undefined {
  const { instance, notBegun } = errors?.[0]?.extensions ?? {};
  return notBegun === true && typeof instance === 'string' ? instance : undefined;
}

const waitFor = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal, ref: false });

/** Opens the subscriptions of one subgraph. */
export function createSubscriber(options: {
  readonly name: string;
  readonly url: URL;
  readonly eventsMax: number;
  /** What messages are checked with; absent where a certificate stands before them. */
  readonly answerKeys: readonly KeyObject[] | undefined;
  readonly tls: TlsSource | undefined;
  readonly onDisconnect: () => void;
  readonly delay?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}): Subscriber {
  const { name, url, eventsMax, onDisconnect, delay = waitFor } = options;
  const webSocketImpl = createMeshSocket(name, options.answerKeys, options.tls);
  let pongTimeout: NodeJS.Timeout | undefined;
  let isOpen = false;
  let connections = 0;
  let client: Client | undefined;
  /** Subscriptions in progress. */
  let running = 0;
  let retired = false;
  const openClient = () =>
    createClient({
      url: url.href,
      webSocketImpl,
      // The WebSocket stays open when no subscription runs. Its own timer to close it then would keep the process alive.
      lazy: false,
      // A retry would run the operation a second time, with a token that was used.
      retryAttempts: 0,
      connectionAckWaitTimeout: acknowledgeTimeoutMs,
      keepAlive: keepAliveMs,
      onNonLazyError: () => undefined,
      on: {
        connected: () => {
          isOpen = true;
          connections++;
        },
        closed: () => {
          isOpen = false;
          onDisconnect();
          clearTimeout(pongTimeout);
        },
        ping: (received) => {
          if (!received) pongTimeout = setTimeout(() => client?.terminate(), pongTimeoutMs);
        },
        pong: (received) => {
          if (received) clearTimeout(pongTimeout);
        },
      },
    });

  /** Why a subscription ended without `complete`. */
  const explain = (
    reason: unknown,
    isAnonymous: boolean,
    wasSent: boolean,
  ): HeddleError | readonly GraphQLFormattedError[] => {
    if (!isRefusal(reason)) {
      return wasSent && !isDrained(reason) ? broken(name, reason) : unreachable(name, reason);
    }
    // The gateway lets only callers through who may: what is not authenticated here is the gateway itself.
    const [first] = reason;
    if (namedInstance(reason) !== undefined) return reason;
    const byIdentity = !isAnonymous && first?.extensions?.code === 'UNAUTHENTICATED';
    return byIdentity ? refusedIdentity(name, first.message) : reason;
  };

  const close = () => {
    clearTimeout(pongTimeout);
    client?.dispose();
    client?.terminate();
  };

  const overflow = (last: ExecutionResult): ExecutionResult => {
    const completionId = readCompletionId(last);
    return overrun(completionId === undefined ? {} : { completionId });
  };

  return {
    subscribe: ({ query, variables, operationName, identity, isAnonymous }, signal) =>
      new Promise((resolve, reject) => {
        let unsubscribe: () => void = () => undefined;
        let begun = false;
        const wasOpenAtFirst = isOpen;
        const connectionsAtFirst = connections;
        const ended = new AbortController();
        const leave = () => unsubscribe();
        // Any error: the wait is aborted when the subscription has ended.
        const leaveLater = () => void delay(overrunKeptMs, ended.signal).then(leave, () => undefined);
        const settle = () => {
          begun = true;
          clearTimeout(patience);
        };
        const over = () => {
          ended.abort();
          signal?.removeEventListener('abort', abandon);
          running -= 1;
          if (retired && running === 0) close();
        };
        const buffer = new EventBuffer<ExecutionResult>({
          max: eventsMax,
          measure: ({ data }) => countCharacters(data),
          sizeMax: waitingCharactersMax,
          overflow,
          onOverflow: leaveLater,
          onReturn: leave,
        });
        const abandon = () => {
          // This gateway ends, not the client: the subgraph must not take it for a client that leaves.
          if (signal?.reason instanceof HeddleError) buffer.end();
          else buffer.return();
          if (!begun) resolve(buffer);
          settle();
        };
        const begin = () => {
          if (begun) return;
          settle();
          resolve(buffer);
        };
        const wasSent = () => wasOpenAtFirst || connections > connectionsAtFirst;
        // What waits for its connection is not begun: a process that does not answer refuses it in the end.
        const startPatience = (): NodeJS.Timeout =>
          setTimeout(() => {
            if (wasSent()) begin();
            else patience = startPatience();
          }, firstEventMs);
        let patience = startPatience();
        if (signal?.aborted === true) return abandon();
        signal?.addEventListener('abort', abandon, { once: true });
        running += 1;
        client ??= openClient();
        unsubscribe = client.subscribe(
          {
            query,
            variables: variables === undefined ? null : { ...variables },
            operationName: operationName ?? null,
            extensions: { identity },
          },
          {
            next(event) {
              const result = readResult(event);
              // An event always has data, if only null: this is the answer of a subscription that was refused.
              if (!begun && result.data === undefined) {
                settle();
                resolve(result);
                return;
              }
              buffer.push(result);
              begin();
            },
            error(reason) {
              over();
              const why = explain(reason, isAnonymous, wasSent());
              const wasBegun = begun;
              settle();
              if (wasBegun) {
                const errors = why instanceof HeddleError ? [why] : why;
                buffer.push({ errors: errors.map(readError) });
                buffer.end();
              } else if (why instanceof HeddleError) {
                reject(why);
              } else {
                resolve({ errors: why.map(readError) });
              }
            },
            complete() {
              over();
              buffer.end();
              begin();
            },
          },
        );
      }),
    retire() {
      retired = true;
      if (running === 0) close();
    },
    close,
  };
}
