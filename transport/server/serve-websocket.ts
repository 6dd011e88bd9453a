import { type ExecutionArgs, GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import type { WebSocket, WebSocketServer } from 'ws';
import { ConnectionLost } from '#core/connection-lost.ts';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import type { Subgraph, SubgraphRequest } from '../executor.ts';
import { drainedCloseCode, lingerMs } from '../http-drain.ts';
import type { IdentityVerifier } from '../identity.ts';
import { createServedDocuments } from './served-documents.ts';

/**
 * More than the longest answer that inference keeps (12 MiB), which a last event holds. As JSON, of six bytes a character
 * at most, it stays below what a gateway takes in one message: a larger one would end the socket, which all share.
 */
const eventCharactersMax = 13_000_000;

const tooLong = new GraphQLError('One event of the subscription is too long: request fewer of its fields.', {
  extensions: { code: 'GRAPH_COST_EXCEEDED' },
}).toJSON();

/** A gateway's socket, shared by its callers. */
interface ServedSocket {
  /** Aborted when the socket has closed. */
  readonly left: AbortController;
  /** Operations in progress over it. */
  operations: number;
  /** Reports that no operation of the socket is in progress. */
  close(): void;
}

type ServedRequest = SubgraphRequest & { readonly over: ServedSocket };

function draining(): HeddleError {
  return createOverloadedError('This process is shutting down.', { notBegun: true });
}

/** A socket is shared by many callers, so each operation brings its own identity in `extensions.identity`. */
export function serveWebSocket(
  subgraph: Subgraph,
  server: WebSocketServer,
  verifier: IdentityVerifier,
  log: Logger,
  introspection = true,
) {
  const parseDocument = createServedDocuments(subgraph.schema, introspection);
  const sockets = new Map<WebSocket, ServedSocket>();
  let drained: Promise<void> | undefined;
  let running = 0;
  const waiting: (() => void)[] = [];
  const closeUnused = (socket: ServedSocket) => {
    if (socket.operations === 0) socket.close();
  };
  // Counted from here on, not by onOperation: that is called when the first event is already waited for.
  const run = ({ contextValue }: ExecutionArgs) => {
    const { over, ...request } = contextValue as ServedRequest;
    over.operations += 1;
    running += 1;
    return subgraph.execute(request) as never;
  };
  const served = useServer<Record<string, unknown>>(
    {
      onComplete({ extra }) {
        running -= 1;
        const socket = sockets.get(extra.socket);
        if (socket !== undefined) socket.operations -= 1;
        // The message that it is complete is sent after this.
        if (drained !== undefined && socket !== undefined) setImmediate(() => closeUnused(socket));
        if (running === 0) for (const resume of waiting.splice(0)) setImmediate(resume);
      },
      execute: run,
      subscribe: run,
      onNext(_context, _id, _payload, _args, result) {
        return isLongerThan(result, eventCharactersMax) ? { data: null, errors: [tooLong] } : undefined;
      },
      onConnect({ extra }) {
        const { socket } = extra;
        sockets.set(socket, {
          left: new AbortController(),
          operations: 0,
          close: () => socket.close(drainedCloseCode, 'Draining'),
        });
        // Before graphql-ws ends the operations. A client that leaves is announced by `complete` instead.
        socket.prependOnceListener('close', () => sockets.get(socket)?.left.abort(new ConnectionLost()));
      },
      onClose({ extra }) {
        sockets.delete(extra.socket);
      },
      async onSubscribe({ extra }, _id, { query, variables, operationName, extensions }) {
        try {
          const token = extensions?.identity;
          const { caller, requestId, clientRequestId, clientAddress, trace } = await verifier.verify(
            typeof token === 'string' ? token : '',
            { query, variables, operationName },
          );
          const document = parseDocument(query);
          if (!('kind' in document)) return document;
          const over = sockets.get(extra.socket);
          // Nothing is waited for from here until it is counted, so that a socket is not closed in between.
          if (over === undefined || drained !== undefined) throw draining();
          const contextValue: ServedRequest = {
            document,
            variables: variables ?? undefined,
            operationName: operationName ?? undefined,
            caller,
            requestId,
            clientRequestId,
            clientAddress,
            trace,
            signal: over.left.signal,
            over,
          };
          return { schema: subgraph.schema, document, contextValue };
        } catch (error) {
          if (!(error instanceof HeddleError)) log.error({ err: error }, 'an operation was not begun');
          const { message, extensions } =
            error instanceof HeddleError
              ? error
              : new HeddleError('INTERNAL', 'Something unexpected failed.');
          return [new GraphQLError(message, { extensions: { ...extensions } })];
        }
      },
    },
    server,
  );
  const idle = () =>
    running === 0 ? Promise.resolve() : new Promise<void>((resume) => void waiting.push(resume));
  return {
    /**
     * Refuses new operations as not begun, and closes each socket over which none runs, soon. Resolves when no operation
     * runs.
     */
    drain(): Promise<void> {
      if (drained === undefined) {
        drained = idle();
        // Operations that are on their way are still refused; those that come after the close were not begun either.
        const timer = setTimeout(() => sockets.forEach(closeUnused), lingerMs);
        timer.unref();
      }
      return drained;
    },
    /** Ends every operation and socket. */
    dispose: () => served.dispose(),
  };
}

/** More than a number, a truth value or the signs around a value take. */
const charactersOfOther = 32;

/** True when a result is longer than that as JSON; looks at no more of it than it needs to know. */
function isLongerThan(result: unknown, charactersMax: number): boolean {
  let left = charactersMax;
  const exceeds = (value: unknown): boolean => {
    left -= charactersOfOther;
    if (typeof value === 'string') left -= value.length;
    if (left < 0) return true;
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.some(exceeds);
    for (const [name, inner] of Object.entries(value)) {
      left -= name.length;
      if (exceeds(inner)) return true;
    }
    return false;
  };
  return exceeds(result);
}
