/**
 * graphql-yoga, graphql-ws and router-runtime over the subgraphs of router-graph.ts: no authentication, no scopes, no
 * limits. Yoga's wrapper that limits the body is off, masking is off, documents are cached as Yoga caches them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { restoreExtraDirectives } from '@graphql-mesh/fusion-runtime';
import { buildASTSchema, type ExecutionArgs, parse } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { sampleSupergraph } from '#test/support/gateways/sample-gateway.ts';
import { reportPort } from './child.ts';
import { benchSubgraphs } from './router-graph.ts';

const supergraph = buildASTSchema(parse(sampleSupergraph), { assumeValid: true, assumeValidSDL: true });
const { executor, unifiedGraph } = await unifiedGraphHandler({
  unifiedGraph: restoreExtraDirectives(supergraph),
  getUnifiedGraphSDL: () => sampleSupergraph,
  onSubgraphExecute: (name: string, { document, variables }: Parameters<typeof benchSubgraphs.models>[0]) =>
    benchSubgraphs[name.toLowerCase() as keyof typeof benchSubgraphs]({ document, variables }),
} as Parameters<typeof unifiedGraphHandler>[0]);
if (executor === undefined) throw new Error('Nothing executes.');

const run = (args: ExecutionArgs): never =>
  executor({
    document: args.document,
    variables: args.variableValues,
    operationName: args.operationName,
    context: args.contextValue,
  } as Parameters<typeof executor>[0]) as never;

const byRouter: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(run),
  onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(run),
};
const yoga = createYoga({
  schema: unifiedGraph,
  plugins: [byRouter],
  maxRequestBodySize: false,
  maskedErrors: false,
  logging: 'error',
});
const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, yoga);
useServer(
  {
    execute: (args) => (args as ExecutionArgs & { execute: typeof run }).execute(args),
    subscribe: (args) => (args as ExecutionArgs & { subscribe: typeof run }).subscribe(args),
    onSubscribe: async (_context, _id, { query, operationName, variables }) => {
      const { schema, execute, subscribe, contextFactory, parse: parsed, validate } = yoga.getEnveloped({});
      const document = parsed(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      const contextValue = await contextFactory();
      return { schema, document, operationName, variableValues: variables, contextValue, execute, subscribe };
    },
  },
  new WebSocketServer({ server, path: '/graphql' }),
);
server.listen(0, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port));
