import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getOperationAST,
  parse,
  print,
  subscribe,
  validate,
} from 'graphql';
import { HeddleError } from '#core/errors.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { type Faults, failure } from './bazaar-faults.ts';
import {
  type BazaarName,
  bazaarNames,
  bazaarSdls,
  bazaarSupergraph,
  fieldOwners,
  fieldRequirements,
} from './bazaar-graph.ts';
import { createWorld, type Thing, type World } from './bazaar-world.ts';

export interface Run {
  readonly world: World;
  readonly faults: Faults;
}

export function startRun(faults: Faults): Run {
  return { world: createWorld(), faults };
}

type Variables = Readonly<Record<string, unknown>>;
type Answer = ExecutionResult | AsyncIterable<ExecutionResult>;

function resolveField(thing: Thing, field: string, args: Variables): unknown {
  const value = thing[field];
  return typeof value === 'function' ? value(args, thing) : value;
}

function resolveAnswer(run: Run, type: string, thing: Thing, field: string, args: Variables): unknown {
  const fault = run.faults.field(type, thing.id, field);
  if (fault === 'error') throw failure(`${type}.${field}`);
  return fault === 'null' ? null : resolveField(thing, field, args);
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

const readTypeName = (value: unknown) => (value as Thing).__typename;

function executeOrSubscribe(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables | undefined,
  resolveRoot: (run: Run) => (type: 'Query' | 'Mutation' | 'Subscription') => unknown,
  run: Run,
  fieldResolver: GraphQLFieldResolver<never, Run>,
): Promise<Answer> | Answer {
  const operation = getOperationAST(document)?.operation ?? 'query';
  const root = resolveRoot(run)(
    operation === 'query' ? 'Query' : operation === 'mutation' ? 'Mutation' : 'Subscription',
  );
  const args = {
    schema,
    document,
    rootValue: root,
    contextValue: run,
    variableValues: variables ?? {},
    fieldResolver: fieldResolver as GraphQLFieldResolver<unknown, unknown>,
    typeResolver: readTypeName,
  };
  return operation === 'subscription'
    ? subscribe({ ...args, subscribeFieldResolver: fieldResolver as GraphQLFieldResolver<unknown, unknown> })
    : execute(args);
}

// --- the subgraphs ---------------------------------------------------------------------------------------------

async function* streamEvents(things: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const event of things) yield { event };
}

const resolveInSubgraph: GraphQLFieldResolver<Thing, Run> = (source, args, run, info) => {
  if ('event' in source) return source.event;
  const value = resolveAnswer(run, info.parentType.name, source, info.fieldName, args);
  return isStream(value) ? streamEvents(value) : value;
};

function subgraphSchema(name: BazaarName): GraphQLSchema {
  const typeDefs = parse(bazaarSdls[name]);
  const resolvers: Record<string, Record<string, (reference: Thing, run: Run) => Promise<Thing | null>>> = {};
  for (const definition of typeDefs.definitions) {
    if (definition.kind !== 'ObjectTypeDefinition') continue;
    if (!definition.directives?.some((directive) => directive.name.value === 'key')) continue;
    const type = definition.name.value;
    resolvers[type] = {
      __resolveReference: async (reference: Thing, run: Run) => {
        const fault = run.faults.reference(name, type, reference.id);
        if (fault === 'error') throw failure(`${name} ${type}`);
        const thing = run.world.thing(type, reference.id);
        if (fault === 'gone' || thing === undefined) return null;
        return type === 'Tool' && name !== 'catalog' ? { ...thing, weight: reference.weight } : thing;
      },
    };
  }
  return buildSubgraphSchema([{ typeDefs, resolvers }]);
}

const schemas = new Map(bazaarNames.map((name) => [name, subgraphSchema(name)]));
const validated = new WeakSet<DocumentNode>();

/** One operation in one subgraph. Rejects when it is down, throws when the router sent what is not valid there. */
export async function runInSubgraph(
  name: BazaarName,
  document: DocumentNode,
  variables: Variables | undefined,
  run: Run,
): Promise<Answer> {
  const schema = schemas.get(name);
  if (schema === undefined) throw new Error(`There is no subgraph ${name}.`);
  if (!validated.has(document)) {
    const problems = validate(schema, document);
    if (problems.length > 0) throw new Error(`${name} was sent:\n${print(document)}\n${problems.join('\n')}`);
    validated.add(document);
  }
  if (run.faults.down === name) throw new HeddleError('OVERLOADED', `${name} is not reachable.`);
  return executeOrSubscribe(
    schema,
    document,
    variables,
    ({ world }) =>
      (type) =>
        world.roots[type],
    run,
    resolveInSubgraph,
  );
}

// --- the whole graph in one schema, as if there were no federation ---------------------------------------------

/** A thing, and the subgraph whose field brought it. */
interface Seen {
  readonly __typename: string;
  readonly thing: Thing;
  readonly origin: BazaarName | undefined;
}

function seen(value: unknown, origin: BazaarName): unknown {
  if (Array.isArray(value)) return value.map((item) => seen(item, origin));
  const thing = value as Partial<Thing> | null | undefined;
  if (typeof thing !== 'object' || thing === null || typeof thing.__typename !== 'string') return value;
  return { __typename: thing.__typename, thing, origin };
}

async function* seenEach(events: AsyncIterable<unknown>, origin: BazaarName): AsyncGenerator<unknown> {
  for await (const event of events) yield { event: seen(event, origin) };
}

/** Why a subgraph that only has the entity's key cannot answer for it. */
function referenceFault(run: Run, subgraph: BazaarName, thing: Thing): 'gone' | undefined {
  const fault = run.faults.reference(subgraph, thing.__typename, thing.id);
  if (fault === 'error') throw failure(`${subgraph} ${thing.__typename}`);
  return fault ?? (run.world.thing(thing.__typename, thing.id) === undefined ? 'gone' : undefined);
}

const resolveInWhole: GraphQLFieldResolver<Seen & { event?: unknown }, Run> = (source, args, run, info) => {
  if ('event' in source) return source.event;
  const { thing, origin } = source;
  const coordinate = `${info.parentType.name}.${info.fieldName}`;
  const owner = fieldOwners.get(coordinate);
  if (owner === undefined) return thing.id;
  const requirement = fieldRequirements.get(coordinate);
  const { down } = run.faults;
  if (down !== undefined && (down === owner || down === requirement)) {
    throw new HeddleError('OVERLOADED', `${down} is not reachable.`);
  }
  let own = thing;
  if (requirement !== undefined) {
    const isGone = requirement !== origin && referenceFault(run, requirement, thing) === 'gone';
    if (isGone) own = { ...thing, weight: null };
  }
  const isReference = origin !== undefined && (origin !== owner || requirement !== undefined);
  if (isReference && referenceFault(run, owner, thing) === 'gone') return null;
  const value = resolveAnswer(run, info.parentType.name, own, info.fieldName, args);
  return isStream(value) ? seenEach(value, owner) : seen(value, owner);
};

export const wholeSchema = buildApiSchema(bazaarSupergraph);

/** The operation in graphql-js alone over the whole graph: the specification's own answer. */
export async function runInWhole(document: DocumentNode, variables: Variables, run: Run): Promise<Answer> {
  const resolveRoot =
    ({ world }: Run) =>
    (type: 'Query' | 'Mutation' | 'Subscription') => ({
      __typename: type,
      thing: world.roots[type],
      origin: undefined,
    });
  return executeOrSubscribe(wholeSchema, document, variables, resolveRoot, run, resolveInWhole);
}
