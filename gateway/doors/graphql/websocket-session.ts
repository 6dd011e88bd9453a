import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  MessageType,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { toWholeCharacters } from '#core/json/whole-characters.ts';
import { newRequestId } from '#core/request-id.ts';
import { inSpan, readCode, withSpan } from '#core/tracing/span.ts';
import { type Credentials, hasKey } from '../../auth/caller.ts';
import { type Client, RateLimited, Unread } from '../../auth/client-use.ts';
import { type ClientError, type ClientResult, presentFailure, refusal } from '../../errors.ts';
import {
  type GatewayServices,
  type Operating,
  refuseRateLimited,
  shuttingDown,
  useOfCaller,
} from '../../http/services.ts';
import { goingAway, type IncomingMessageBytes, tryAgainLater } from '../../http/sockets/incoming-message.ts';
import type { SocketConnection, SocketSession } from '../../http/sockets/socket-connection.ts';
import { isRefused, prepareInTurn } from '../../operations/run-operation.ts';
import { type Answer, isOperation, isStream } from '../../router.ts';
import { credentialsIn } from './connection-credentials.ts';
import { readDocumentSource } from './document-source.ts';
import { SocketTrace } from './socket-trace.ts';

/** The subprotocol that is spoken here. */
export const graphqlTransportWs = GRAPHQL_TRANSPORT_WS_PROTOCOL;

/** Bytes of the reason of a close (RFC 6455, 5.5): ws throws beyond them. */
const reasonBytesMax = 123;

/** Bytes that may wait in the process for a client that reads slowly; no event is requested while more do. */
const bufferedBytesMax = 16 * 1024;

/** The message, with whole characters in what it subscribes to; its id stays as sent: by it the client finds its answers. */
function readMessage(text: string): ReturnType<typeof parseMessage> {
  const message = parseMessage(text);
  if (message.type !== MessageType.Subscribe) return message;
  const whole = toWholeCharacters(text);
  return whole === text ? message : { ...message, payload: JSON.parse(whole).payload };
}

/** Bytes of refusals that may wait for a client; one more and its socket is closed. */
const refusedBytesMax = 1024 * 1024;

/**
 * Events written in a row before others have their turn. A write that the system takes at once never waits, so a
 * source that is always ready would otherwise keep the process to itself.
 */
const eventsInARowMax = 64;

interface Running extends Operating {
  cancel(): void;
}

/** True for the last event of a subscription whose key or token has ended. */
function endsCredential({ errors }: ClientResult): boolean {
  return errors?.[0]?.extensions?.code === 'UNAUTHENTICATED';
}

/** One client's WebSocket: the server's side of graphql-transport-ws. */
export class WebSocketSession implements SocketSession {
  readonly #services: GatewayServices;
  readonly #socket: WebSocket;
  /** What the WebSocket's frames are written to. */
  readonly #wire: Socket;
  #corked = false;
  readonly #client: Client;
  readonly #incoming: IncomingMessageBytes;
  readonly #clientRequestId: string | null;
  readonly #running = new Map<string, Running>();
  readonly #initTimeout: NodeJS.Timeout;
  #credentials: Credentials;
  readonly #trace: SocketTrace;
  #unread: Unread;
  #initReceived = false;
  #acknowledged = false;
  #closeWhenIdle = false;
  /** A subscription has ended with the key or token of this WebSocket. */
  #isRevoked = false;

  constructor(connection: SocketConnection) {
    const { services, socket, wire, client, clientRequestId, credentials, incoming } = connection;
    this.#services = services;
    this.#socket = socket;
    this.#wire = wire;
    this.#client = client;
    this.#unread = new Unread(services.clients, client.use);
    this.#incoming = incoming;
    this.#clientRequestId = clientRequestId;
    this.#credentials = credentials;
    this.#trace = new SocketTrace(connection);
    this.#initTimeout = setTimeout(() => {
      socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    }, services.limits.wsInitTimeoutMs);
  }

  /** One message of the client. */
  receive(text: string): void {
    let message: ReturnType<typeof readMessage>;
    try {
      message = readMessage(text);
    } catch {
      // Any error: graphql-ws refuses a message by throwing.
      this.#socket.close(CloseCode.BadRequest, 'Invalid message received');
      return;
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        {
          const requestId = newRequestId();
          this.#connect(message.payload, requestId).catch((error: unknown) =>
            this.#refuseConnection(error, requestId),
          );
        }
        return;
      case MessageType.Ping:
        // A client that pings but does not read gets no pongs rather than a buffer of them.
        if (this.#unreadBytes() > bufferedBytesMax) return;
        this.#send(JSON.stringify({ type: MessageType.Pong, payload: message.payload }));
        return;
      case MessageType.Pong:
        return;
      case MessageType.Subscribe:
        this.#start(message.id, message.payload);
        return;
      case MessageType.Complete:
        this.#running.get(message.id)?.cancel();
        return;
      default:
        this.#socket.close(CloseCode.BadRequest, `A client does not send ${message.type}`);
    }
  }

  /** The socket has closed: whatever still runs for it is cancelled. */
  ended(): void {
    clearTimeout(this.#initTimeout);
    for (const running of this.#running.values()) running.cancel();
  }

  closeWhenIdle(): void {
    this.#closeWhenIdle = true;
    if (this.#running.size === 0) this.#socket.close(goingAway, 'Going away');
  }

  async #connect(
    payload: Readonly<Record<string, unknown>> | null | undefined,
    requestId: string,
  ): Promise<void> {
    if (this.#initReceived) {
      this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
      return;
    }
    this.#initReceived = true;
    clearTimeout(this.#initTimeout);
    this.#trace.connected(payload);
    const { authorization, apiKey } = this.#credentials;
    // What came with the request itself, perhaps set by a proxy, is not for the client's payload to replace.
    if (authorization === undefined && apiKey === undefined) {
      const sent = credentialsIn(payload);
      // A key of the payload precedes the session, as in a request.
      if (this.#credentials.session === undefined || hasKey(sent)) this.#credentials = sent;
    }
    const caller = await this.#identify(requestId);
    if (caller.kind === 'ANONYMOUS') this.#holdAnonymous();
    else this.#incoming.admit();
    this.#acknowledged = true;
    this.#send(JSON.stringify({ type: MessageType.ConnectionAck }));
  }

  /** Throws RateLimited where the address has too many sockets without a key. */
  #holdAnonymous(): void {
    const { clients } = this.#services;
    if (!clients.holdAnonymousSocket(this.#client)) {
      throw new RateLimited('Too many WebSockets without a key are open from this address.', 1_000);
    }
    this.#socket.once('close', () => clients.releaseAnonymousSocket(this.#client));
  }

  #refuseConnection(error: unknown, requestId: string): void {
    this.#services.refusals.thrown(error, this.#describeRequest(requestId));
    const code = error instanceof HeddleError ? error.code : 'INTERNAL';
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') this.#services.clients.refused(this.#client.use);
    if (code === 'UNAUTHENTICATED') this.#socket.close(CloseCode.Unauthorized, 'Unauthorized');
    else if (code === 'FORBIDDEN') this.#socket.close(CloseCode.Forbidden, 'Forbidden');
    else if (code === 'OVERLOADED' || code === 'RATE_LIMITED')
      this.#socket.close(tryAgainLater, 'Try again later');
    else {
      this.#services.log.error({ err: error }, 'a WebSocket could not be admitted');
      this.#socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  #describeRequest(requestId: string) {
    return { requestId, clientRequestId: this.#clientRequestId, clientAddress: this.#client.address };
  }

  async #identify(requestId: string): Promise<Caller> {
    refuseRateLimited(this.#services, this.#client, this.#credentials);
    return this.#services.callers.identify(this.#credentials, this.#describeRequest(requestId));
  }

  #start(id: string, payload: SubscribePayload): void {
    if (!this.#acknowledged) {
      this.#socket.close(CloseCode.Unauthorized, 'Unauthorized');
      return;
    }
    if (this.#running.has(id)) {
      const reason = `Subscriber for ${id} already exists`;
      const isShort = Buffer.byteLength(reason) <= reasonBytesMax;
      this.#socket.close(
        CloseCode.SubscriberAlreadyExists,
        isShort ? reason : 'Subscriber for this id already exists',
      );
      return;
    }
    const { work, limits } = this.#services;
    if (work.closing || this.#running.size >= limits.operationsPerSocketMax) {
      if (this.#unreadBytes() > bufferedBytesMax) {
        this.#socket.close(tryAgainLater, 'Too many operations');
        return;
      }
      const requestId = newRequestId();
      const why = work.closing
        ? 'This process is shutting down.'
        : 'Too many operations run over this WebSocket.';
      const { errors = [] } = refusal('OVERLOADED', why, { retryAfterMs: 1000, notBegun: true, requestId });
      this.#services.refusals.answered(errors, this.#describeRequest(requestId));
      this.#sendErrors(id, errors);
      return;
    }
    const requestId = newRequestId();
    const left = new AbortController();
    /** Ends the operation: its client has left, or the process ends first. */
    const ending = new AbortController();
    let stream: AsyncIterator<ClientResult> | undefined;
    const running: Running = {
      cancel: () => {
        this.#running.delete(id);
        left.abort();
        ending.abort();
        // Any error: the client has left the stream, and receives nothing more of it.
        stream?.return?.().catch(() => undefined);
      },
      cut: () => {
        ending.abort(shuttingDown('This gateway has shut down before the answer came.'));
        // A stream breaks with its socket, and can be resumed at another gateway.
        if (stream !== undefined) running.cancel();
      },
    };
    this.#running.set(id, running);
    work.begin(running);
    const span = this.#trace.begin(payload, requestId);
    withSpan(span, () => this.#answer(payload, requestId, ending.signal))
      .then(async (answer) => {
        if (isStream(answer)) {
          stream = answer;
          if (left.signal.aborted) await answer.return?.();
          else ending.signal.throwIfAborted();
        }
        await this.#deliver(id, answer, left.signal);
      })
      .catch((error: unknown) => {
        span?.fail(readCode(error));
        this.#services.refusals.thrown(error, this.#describeRequest(requestId));
        const { errors = [] } = presentFailure(error, { requestId, log: this.#services.log });
        if (!(error instanceof RateLimited)) this.#services.clients.refused(this.#client.use);
        if (!left.signal.aborted) this.#sendErrors(id, errors);
      })
      .finally(() => {
        span?.end();
        if (this.#running.get(id) === running) this.#running.delete(id);
        work.end(running);
        if (this.#closeWhenIdle) this.closeWhenIdle();
        // The client connects again with a key or token that is in force.
        else if (this.#isRevoked && this.#running.size === 0) {
          this.#socket.close(CloseCode.Forbidden, 'Forbidden');
        }
      });
  }

  async #answer(payload: SubscribePayload, requestId: string, signal: AbortSignal): Promise<Answer> {
    const caller = await inSpan('authenticate', () => this.#identify(requestId));
    this.#unread = new Unread(this.#services.clients, useOfCaller(this.#services, this.#client, caller));
    const described = { ...this.#describeRequest(requestId), caller };
    const source = readDocumentSource({ ...payload });
    const { operationName } = payload;
    const operation = await prepareInTurn(this.#services, this.#client, described, source, operationName);
    if (!isOperation(operation)) {
      if (isRefused(operation, caller))
        this.#services.clients.refused(useOfCaller(this.#services, this.#client, caller));
      this.#services.refusals.answered(operation.errors ?? [], described);
      return operation;
    }
    const context = { ...described, signal };
    const answer = await this.#services.router().run(operation, payload.variables, context);
    if (isRefused(answer, caller))
      this.#services.clients.refused(useOfCaller(this.#services, this.#client, caller));
    return answer;
  }

  async #deliver(id: string, answer: Answer, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify(id);
    if (!isStream(answer)) {
      if (signal.aborted) return;
      if (!('data' in answer)) {
        this.#sendErrors(id, answer.errors ?? []);
        return;
      }
      await this.#sendNext(key, answer);
    } else {
      let events = 0;
      let isRevoked = false;
      for (let event = await answer.next(); event.done !== true; event = await answer.next()) {
        // The socket may have failed without having reported it yet: nothing more is pulled for it.
        if (signal.aborted || this.#socket.readyState !== this.#socket.OPEN) {
          await answer.return?.();
          return;
        }
        isRevoked = !('data' in event.value) && endsCredential(event.value);
        await this.#sendNext(key, event.value);
        if (++events % eventsInARowMax === 0) await nextTurn();
      }
      if (isRevoked) this.#isRevoked = true;
    }
    if (signal.aborted) return;
    // Only now may the client use the id again.
    this.#running.delete(id);
    this.#send(`{"id":${key},"type":"complete"}`);
  }

  /** A client that leaves too much unread is cut off. */
  #sendNext(key: string, result: ClientResult): Promise<void> | undefined {
    if (this.#unread.isTooMuch) {
      this.#socket.terminate();
      return undefined;
    }
    const text = `{"id":${key},"type":"next","payload":${JSON.stringify(result)}}`;
    const release = this.#unread.hold(text.length);
    const sent = this.#send(text);
    if (release === undefined) return sent;
    if (sent === undefined) release();
    return sent?.finally(release);
  }

  #sendErrors(id: string, errors: readonly ClientError[]): void {
    this.#running.delete(id);
    // Refusals cost the client nothing to cause: one that does not read them would fill the memory with them.
    if (this.#unreadBytes() > refusedBytesMax) {
      this.#socket.close(tryAgainLater, 'Too many operations');
      return;
    }
    this.#send(JSON.stringify({ id, type: MessageType.Error, payload: errors }));
  }

  /** All messages of one turn of the event loop leave in one write: most of what a token costs is its system call. */
  #gather(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#wire.cork();
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#corked = false;
    this.#wire.uncork();
  }

  /** Bytes that wait because the client does not read; what only waits for the end of this turn leaves first. */
  #unreadBytes(): number {
    if (this.#corked && this.#socket.bufferedAmount > bufferedBytesMax) this.#flush();
    return this.#socket.bufferedAmount;
  }

  /** Resolves, where the client reads slowly, when it has taken the message; a socket that closes resolves too. */
  #send(text: string): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return undefined;
    this.#gather();
    if (socket.bufferedAmount + text.length <= bufferedBytesMax) {
      socket.send(text);
      return undefined;
    }
    return new Promise((resolve) => {
      socket.send(text, () => resolve());
    });
  }
}
