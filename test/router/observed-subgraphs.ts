import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  execute,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
  subscribe,
} from 'graphql';
import { pino } from 'pino';
import type { Caller } from '#core/caller.ts';
import { callPolicies } from '#core/policies.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { OperationContext } from '#subgraphs/runtime/context.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import { admissionDefinitions } from '#transport/admission.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

/** Is called by each resolver that runs, with the field and the caller it runs for. */
export type Observe = (coordinate: string, caller: Caller) => void;

const scalars: Readonly<Record<string, unknown>> = {
  ...{ ID: 'x', String: 'x', Int: 1, Float: 1, Boolean: true },
  ...{ DateTime: '2026-01-01T00:00:00Z', Decimal: '1', JSON: {} },
};

/** A value of the type, as a resolver returns it: one item of each list, no null. */
function makeValue(type: GraphQLOutputType, schema: GraphQLSchema): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [makeValue(nullable.ofType as GraphQLOutputType, schema)];
  if (isScalarType(nullable)) return scalars[nullable.name];
  if (isAbstractType(nullable)) return { __typename: schema.getPossibleTypes(nullable)[0]?.name };
  return isEnumType(nullable) ? nullable.getValues()[0]?.value : {};
}

type Resolver = (source: unknown, args: unknown, context: { readonly caller: Caller }) => unknown;

function observeType(type: GraphQLObjectType, schema: GraphQLSchema, observe: Observe): object {
  const fields = Object.values(type.getFields()).filter(
    ({ name }) => name !== '_entities' && name !== '_service',
  );
  const resolvers = fields.map((field): [string, unknown] => {
    const value = makeValue(field.type, schema);
    const resolve: Resolver = (_source, _args, context) => {
      observe(`${type.name}.${field.name}`, context.caller);
      if (context instanceof OperationContext && context.caller.tenantId !== null) {
        for (const name of Object.keys(callPolicies)) context.reach(name as keyof typeof callPolicies).rows();
      }
      return value;
    };
    if (type !== schema.getSubscriptionType()) return [field.name, resolve];
    async function* subscribeOnce(...args: Parameters<Resolver>) {
      yield resolve(...args);
    }
    return [field.name, { subscribe: subscribeOnce, resolve: () => value }];
  });
  return { ...Object.fromEntries(resolvers), __resolveReference: (reference: object) => ({ ...reference }) };
}

/** The SDL of a subgraph with resolvers that make values up and report that they run. */
function observeSubgraph(name: SubgraphName, observe: Observe) {
  const typeDefs = loadSubgraphSdl(name) + (name === 'inference' ? `\n${admissionDefinitions}\n` : '');
  const schema = buildSubgraphSchema(parse(typeDefs));
  const own = new Set(
    parse(typeDefs).definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION
        ? [definition.name.value]
        : [],
    ),
  );
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && own.has(type.name));
  const resolvers = Object.fromEntries(
    types.map((type) => [type.name, observeType(type as GraphQLObjectType, schema, observe)]),
  );
  return { typeDefs, resolvers };
}

/** Subgraphs that enforce nothing: what their resolvers run for is what the gateway has let through. */
export function createOpenSubgraphs(observe: Observe): Readonly<Record<SubgraphName, SubgraphExecutor>> {
  return bySubgraph((name) => {
    const { typeDefs, resolvers } = observeSubgraph(name, observe);
    const schema = buildSubgraphSchema([{ typeDefs: parse(typeDefs), resolvers: resolvers as never }]);
    return {
      async execute({ document, operationName, variables, caller }) {
        const run = isSubscription(document) ? subscribe : execute;
        const contextValue = { caller };
        const variableValues = { ...variables };
        return run({ schema, document, operationName, variableValues, contextValue }) as never;
      },
    };
  });
}

/** Subgraphs that enforce what their SDL states, as they do in the mesh. */
export function createGuardedSubgraphs(observe: Observe) {
  const log = pino({ level: 'silent' });
  return bySubgraph((name) =>
    createSubgraph({
      ...{ name, ...observeSubgraph(name, observe) },
      services: { log, bus: createMemoryBus(log), quota: createMemoryQuota(), audit: memoryAudit().audit },
    }),
  );
}

function bySubgraph<T>(create: (name: SubgraphName) => T): Readonly<Record<SubgraphName, T>> {
  return Object.fromEntries(subgraphNames.map((name) => [name, create(name)])) as Record<SubgraphName, T>;
}

function isSubscription({ definitions }: DocumentNode): boolean {
  return definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.operation === 'subscription',
  );
}
