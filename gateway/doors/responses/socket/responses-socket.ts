import { HeddleError } from '#core/errors.ts';
import { newRequestId } from '#core/request-id.ts';
import { inSpan, readCode, withSpan } from '#core/tracing/span.ts';
import { readTraceHeaders } from '#core/tracing/trace-context.ts';
import { RateLimited } from '../../../auth/client-use.ts';
import { toStatus } from '../../../http/problem.ts';
import { refuseRateLimited, shuttingDown, useOfCaller } from '../../../http/services.ts';
import { goingAway, tryAgainLater } from '../../../http/sockets/incoming-message.ts';
import type { SocketConnection, SocketSession } from '../../../http/sockets/socket-connection.ts';
import { type CallContext, GraphFailure } from '../../../operations/run-declared.ts';
import { type CallHeaders, readCallHeaders } from '../../call-headers.ts';
import { NamedRefusal } from '../../openai/openai-errors.ts';
import { prepareResponse, readConversation } from '../prepare-response.ts';
import { toResponseId } from '../response-object.ts';
import type { Conversation } from '../stored-response.ts';
import { KeptConversations } from './kept-conversations.ts';
import { sendResponse } from './send-response.ts';
import { type CreateMessage, readCreateMessage, toErrorMessage, toMessages } from './socket-messages.ts';
import { writeWarmUp } from './warm-up.ts';

/** Minutes after which Open Responses ends a connection. */
const lifetimeMs = 60 * 60_000;
/** Messages that may wait for the response in progress. */
const waitingMax = 8;
/** Bytes that may wait in the process for a client that reads slowly; no event is requested while more do. */
const bufferedBytesMax = 16 * 1024;
/** Bytes of refusals that may wait for a client; one more and its socket is closed. */
const refusedBytesMax = 1024 * 1024;
const normalClosure = 1000;

const conversations = new KeptConversations();

/**
 * One client's WebSocket at /v1/responses, as Open Responses has it: a `response.create` after the other, each answered by the
 * events of a stream. The conversation up to the last response is kept while the WebSocket is open.
 */
export class ResponsesSocket implements SocketSession {
  readonly #connection: SocketConnection;
  readonly #lifetime: NodeJS.Timeout;
  readonly #waiting: string[] = [];
  /** Of the message that is answered. */
  #ending: AbortController | undefined;
  #hasExpired = false;
  #isDraining = false;

  constructor(connection: SocketConnection) {
    this.#connection = connection;
    // The path requires a key.
    connection.incoming.admit();
    this.#lifetime = setTimeout(() => {
      this.#hasExpired = true;
      if (this.#ending === undefined) this.#close();
    }, lifetimeMs);
    this.#lifetime.unref();
  }

  receive(text: string): void {
    const { services, client } = this.#connection;
    try {
      if (this.#waiting.length >= waitingMax) {
        throw new RateLimited('Too many messages wait for the response in progress.', 1_000);
      }
      services.clients.addBytes(client.use, text.length, false);
    } catch (error) {
      this.#refuse(error, { requestId: newRequestId(), lane: undefined });
      return;
    }
    this.#waiting.push(text);
    if (this.#ending === undefined) void this.#answerAll();
  }

  closeWhenIdle(): void {
    this.#isDraining = true;
    if (this.#ending === undefined) this.#close();
  }

  ended(): void {
    clearTimeout(this.#lifetime);
    conversations.drop(this);
    while (this.#take() !== undefined);
    this.#ending?.abort();
  }

  #close(): void {
    const { socket } = this.#connection;
    if (this.#hasExpired) {
      const expired = new NamedRefusal(400, 'A WebSocket may be open for 60 minutes: open a new one.', {
        code: 'BAD_USER_INPUT',
        ownCode: 'websocket_connection_limit_reached',
        param: null,
      });
      this.#refuse(expired, { requestId: newRequestId(), lane: undefined });
      socket.close(normalClosure, 'Connection limit reached');
    } else socket.close(goingAway, 'Going away');
  }

  #take(): string | undefined {
    const text = this.#waiting.shift();
    const { services, client } = this.#connection;
    if (text !== undefined) services.clients.removeBytes(client.use, text.length, false);
    return text;
  }

  async #answerAll(): Promise<void> {
    const { socket } = this.#connection;
    while (!this.#hasExpired && !this.#isDraining && socket.readyState === socket.OPEN) {
      const text = this.#take();
      if (text === undefined) break;
      await this.#answer(text);
    }
    this.#ending = undefined;
    if (this.#hasExpired || this.#isDraining) this.#close();
  }

  async #answer(text: string): Promise<void> {
    const { work, tracer } = this.#connection.services;
    const requestId = newRequestId();
    const span = tracer?.begin('WS /v1/responses', {
      kind: 'SERVER',
      parent: readTraceHeaders(this.#connection.request.headers),
      attributes: { 'network.protocol.name': 'websocket', 'heddle.request.id': requestId },
    });
    const ending = new AbortController();
    this.#ending = ending;
    const operating = {
      cut: () => ending.abort(shuttingDown('This gateway has shut down before the answer came.')),
    };
    work.begin(operating);
    let message: CreateMessage | undefined;
    try {
      const read = readCreateMessage(text);
      message = read;
      await withSpan(span, async () => {
        const call = await inSpan('authenticate', () => this.#identify(requestId, ending.signal));
        await this.#respond(call, read, text.length);
      });
    } catch (error) {
      span?.fail(readCode(error));
      this.#refuse(error, { requestId, lane: message?.lane });
    } finally {
      span?.end();
      work.end(operating);
    }
  }

  /** For each message: a key may be revoked while the WebSocket is open. */
  async #identify(requestId: string, signal: AbortSignal): Promise<CallContext> {
    const { services, client, clientRequestId, credentials } = this.#connection;
    refuseRateLimited(services, client, credentials);
    const context = { requestId, clientAddress: client.address };
    const caller = await services.callers.identify(credentials, context);
    const use = useOfCaller(services, client, caller);
    return { services, client, caller, use, requestId, clientRequestId, signal };
  }

  async #respond(call: CallContext, { body, lane }: CreateMessage, characters: number): Promise<void> {
    const previousId = body.previous_response_id;
    const previous = typeof previousId === 'string' ? conversations.find(this, previousId) : undefined;
    // Where this response fails, its conversation is not continued from here a second time.
    if (previous !== undefined) conversations.drop(this);
    const find = () => previous;
    const target = {
      send: (events: string) => this.#send(toMessages(events, lane)),
      cutOff: () => this.#connection.socket.terminate(),
    };
    const keep = (responseId: string, conversation: Conversation, more: number) => {
      const total = (previous?.characters ?? 0) + characters + more;
      conversations.keep(this, { ...conversation, responseId, characters: total });
    };
    if (body.generate === false) {
      const conversation = await readConversation(call, body, find);
      const { id, events } = writeWarmUp(body, conversation.items);
      keep(id, conversation, 0);
      await target.send(events);
      return;
    }
    const { generate: _, ...rest } = body;
    const prepared = await prepareResponse(call, rest, { headers: this.#readHeaders(), find });
    const ended = await sendResponse(call, prepared, target);
    if (ended?.status !== 'completed' && ended?.status !== 'incomplete') return;
    const { id, output } = ended;
    const items = [...prepared.conversation.items, ...(output as [])];
    keep(toResponseId(id), { ...prepared.conversation, items }, JSON.stringify(output).length);
  }

  /** Those of the upgrade, for each of its messages. A key of idempotency would make them one call. */
  #readHeaders(): CallHeaders {
    const { idempotencyKey: _, ...headers } = readCallHeaders(this.#connection);
    return headers;
  }

  #refuse(
    error: unknown,
    { requestId, lane }: { readonly requestId: string; readonly lane: string | undefined },
  ): void {
    const { services, client, clientRequestId, socket } = this.#connection;
    if (socket.readyState !== socket.OPEN) return;
    const status = toStatus(error);
    if (status < 500 && status !== 429) services.clients.refused(client.use);
    if (error instanceof HeddleError && !(error instanceof GraphFailure)) {
      services.refusals.thrown(error, { requestId, clientRequestId, clientAddress: client.address });
    }
    // Refusals cost the client nothing to cause: one that does not read them would fill the memory with them.
    if (socket.bufferedAmount > refusedBytesMax) {
      socket.close(tryAgainLater, 'Too many messages');
      return;
    }
    const text = toErrorMessage({ requestId, services }, error);
    void this.#send(toMessages(`\ndata: ${text}`, lane));
  }

  /** Resolves, where the client reads slowly, when it has taken the messages; a socket that closes resolves too. */
  #send(messages: readonly string[]): Promise<void> | undefined {
    const { socket } = this.#connection;
    let sent: Promise<void> | undefined;
    for (const message of messages) {
      if (socket.readyState !== socket.OPEN) return sent;
      if (socket.bufferedAmount + message.length <= bufferedBytesMax) socket.send(message);
      else {
        sent = new Promise((resolve) => {
          socket.send(message, () => resolve());
        });
      }
    }
    return sent;
  }
}
