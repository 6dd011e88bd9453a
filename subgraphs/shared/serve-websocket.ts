import { type ExecutionArgs, GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import type { WebSocketServer } from 'ws';
import { HeddleError } from '#schema/errors.ts';
import type { IdentityVerifier } from '#schema/identity.ts';
import type { SubgraphRequest } from '#schema/subgraph.ts';
import { isLongerThan } from './result-size.ts';
import { createServedDocuments } from './served-documents.ts';
import type { Subgraph } from './subgraph.ts';

export interface ServedOperations {
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
  /** Ends every operation and socket. */
  dispose(): void | Promise<void>;
}

/** As JSON this stays below what a gateway takes in one message: a larger one would end the socket, which all share. */
const eventCharactersMax = 8_000_000;

const tooLong = new GraphQLError('One event of the subscription is too long: ask for less of it.', {
  extensions: { code: 'GRAPH_COST_EXCEEDED' },
}).toJSON();

/** A socket is shared by many callers, so each operation brings its own identity in `extensions.identity`. */
export function serveWebSocket(
  subgraph: Subgraph,
  server: WebSocketServer,
  verifier: IdentityVerifier,
  log: Logger,
): ServedOperations {
  const documentOf = createServedDocuments(subgraph.schema);
  const sockets = new WeakMap<object, AbortController>();
  const run = (args: ExecutionArgs) => subgraph.execute(args.contextValue as SubgraphRequest) as never;

  let running = 0;
  const waiting: (() => void)[] = [];
  const served = useServer<Record<string, unknown>>(
    {
      onOperation() {
        running += 1;
      },
      onComplete() {
        running -= 1;
        // The word that it is complete goes out after this.
        if (running === 0) for (const resume of waiting.splice(0)) setImmediate(resume);
      },
      execute: run,
      subscribe: run,
      onNext(_context, _id, _payload, _args, result) {
        return isLongerThan(result, eventCharactersMax) ? { data: null, errors: [tooLong] } : undefined;
      },
      onConnect({ extra }) {
        sockets.set(extra.socket, new AbortController());
      },
      onClose({ extra }) {
        sockets.get(extra.socket)?.abort();
      },
      async onSubscribe({ extra }, _id, { query, variables, operationName, extensions }) {
        try {
          const token = extensions?.identity;
          const { caller, requestId, clientRequestId, clientAddress } = await verifier.verify(
            typeof token === 'string' ? token : '',
            { query, variables, operationName },
          );
          const document = documentOf(query);
          if (!('kind' in document)) return document;
          const signal = sockets.get(extra.socket)?.signal;
          const contextValue: SubgraphRequest = {
            document,
            variables: variables ?? undefined,
            operationName: operationName ?? undefined,
            caller,
            requestId,
            clientRequestId,
            clientAddress,
            signal,
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
  return {
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resume) => void waiting.push(resume))),
    dispose: () => served.dispose(),
  };
}
