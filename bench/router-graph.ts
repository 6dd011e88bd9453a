import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, type ExecutionResult, execute, getOperationAST, parse, subscribe } from 'graphql';
import { sampleSdls } from '#test/support/gateways/sample-graph.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';

/** The sample graph's three subgraphs with as little behind them as can be: what is measured is what is before them. */

const tokens = Number(process.env.TOKENS ?? 200);
const tokenMs = 20;

async function* events(): AsyncGenerator<unknown> {
  yield { __typename: 'CompletionStarted', completionId: 'c1', sequence: 0, model: { id: 'm1' } };
  for (let sequence = 1; sequence <= tokens; sequence++) {
    await new Promise((resolve) => setTimeout(resolve, tokenMs));
    yield { __typename: 'TextDelta', completionId: 'c1', sequence, text: `thread ${sequence} ` };
  }
}

const model = (id: string) => ({
  __typename: 'Model',
  id,
  name: `Model ${id}`,
  replacedBy: { id: `${id}-next` },
});
const completion = (id: string, text: string, modelId: string) => ({
  id,
  text,
  model: { id: modelId },
  tenant: { id: `t${modelId}` },
});

const resolvers = {
  models: { Model: { __resolveReference: ({ id }: { id: string }) => model(id) } },
  tenants: {
    Tenant: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `Tenant ${id}` }) },
    Query: { _caller: () => sampleCaller('inference:invoke') },
  },
  inference: {
    Query: { completion: (_: unknown, { id }: { id: string }) => completion(id, `text of ${id}`, id) },
    Mutation: {
      complete: (_: unknown, { input }: { input: { model: string; text: string } }) =>
        completion('c1', input.text, input.model),
    },
    Subscription: { completionStream: { subscribe: events, resolve: (event: unknown) => event } },
  },
};

export interface BenchRequest {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export type BenchExecutor = (
  request: BenchRequest,
) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;

function createExecutor(name: keyof typeof sampleSdls): BenchExecutor {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sampleSdls[name]), resolvers: resolvers[name] }]);
  const streams = new WeakMap<DocumentNode, boolean>();
  return async ({ document, variables }) => {
    let isStream = streams.get(document);
    if (isStream === undefined) {
      isStream = getOperationAST(document)?.operation === 'subscription';
      streams.set(document, isStream);
    }
    const args = { schema, document, variableValues: variables ?? {} };
    return isStream ? subscribe(args) : execute(args);
  };
}

export const benchSubgraphs = {
  models: createExecutor('models'),
  tenants: createExecutor('tenants'),
  inference: createExecutor('inference'),
};
