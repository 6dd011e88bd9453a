import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import {
  createSourceEventStream,
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isInputObjectType,
  isObjectType,
  parse,
} from 'graphql';
import type { Logger } from 'pino';
import { hasScope } from '#core/caller.ts';
import type { CountLimits } from '#core/count-limits.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { AuditLog } from '#mongo/audit/log.ts';
import type { EventLog } from '#mongo/events.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { Subgraph, SubgraphRequest } from '#transport/executor.ts';
import { OperationContext, type SubgraphContext } from './context.ts';
import { maskErrors, toResultError } from './errors.ts';
import { auditRefusal, withAudit, withAuditedRead } from './policy/audited.ts';
import { enforceAuth, isForOverseers, isOpenToKeys } from './policy/auth.ts';
import { withDecisions } from './policy/decisions.ts';
import { type ExecutedPolicy, visitPolicies } from './policy/policy.ts';
import { isCounted, withQuota } from './policy/quota.ts';
import { type Executed, type PreparedOperation, prepareOperation } from './prepared-operation.ts';
import { executeEvents, resultStream } from './subscription.ts';

/** Dependencies of every subgraph. */
export interface SubgraphServices extends RuntimeServices {
  /** Where commands record events that clients subscribe to. */
  readonly events: EventLog;
}

/** What the code around the resolvers needs of them. */
interface RuntimeServices {
  readonly log: Logger;
  readonly bus: Bus;
  readonly audit: AuditLog;
  readonly quota: Quota;
  /** How many there may be of what is created; the standard ones when left out. */
  readonly counts?: CountLimits;
}

type AuditedArguments = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => unknown>>;

/** Resolvers by type: those of a subgraph have the types that are generated from its SDL. */
export type SubgraphResolvers<TLoaders> =
  | GraphQLResolverMap<SubgraphContext<TLoaders>>
  | Readonly<Record<string, object>>;

export interface SubgraphOptions<TLoaders> {
  readonly name: SubgraphName;
  /** The whole SDL: `loadSubgraphSdl(name)`. */
  readonly typeDefs: string;
  readonly resolvers: SubgraphResolvers<TLoaders>;
  readonly services: RuntimeServices;
  /** The DataLoaders of one operation; see loaders.ts. */
  readonly createLoaders?: (context: SubgraphContext<TLoaders>) => TLoaders;
  /** What the audit log keeps of the arguments of mutations whose secrets no name shows, by their action. Absent: all, without values of secret-sounding names. */
  readonly auditedArguments?: AuditedArguments;
  /** What the subgraph itself opened (timers, bus listeners), ended when it is disposed. */
  readonly close?: () => Promise<void>;
  /** The type of an event that a subscription's source yields; absent: a subgraph without subscriptions of several types. */
  readonly readEventType?: (event: unknown) => string;
  /** See Subgraph; absent where nothing runs longer than its operation. */
  readonly drain?: Subgraph['drain'];
}

/**
 * Makes a subgraph of SDL and resolvers. What the SDL states runs around the resolvers, read once here and never per
 * request: @authenticated, @requiresScopes and @policy (again, after the gateway), @quota of fields that only draw REQUESTS
 * and CONCURRENCY (fields that draw TOKENS or COST reserve all meters at once themselves), @audited. Operations are
 * the router's own and are not validated again. Failures are results with errors: a HeddleError as it is, everything
 * else masked as INTERNAL and logged.
 *
 * Subgraphs keep these rules:
 * - a folder with schema.graphql, resolvers.ts (parse, call, map), subgraph.ts and a file per command;
 * - `__resolveReference` and every list call `seesTenant(context.caller, record.tenantId)`: `_entities` carries no
 *   directive, so a reference that the caller may not see resolves to null. Answer a record that is not frozen:
 *   @apollo/subgraph writes `__typename` onto it;
 * - a field whose @policy depends on the record calls `context.reach(policy)`: without a decision nothing is returned;
 * - an @audited mutation names what it is about to change before its first write, `await context.auditTarget({ type, id })`, and
 *   reports what it did with `context.audit({ type, id, before, after })`;
 * - a subscription's `subscribe` ends its waits on `context.signal`, and its `resolve` does not read its arguments.
 *
 * @example
 * export function createThingsSubgraph(deps: SubgraphServices & { connection: Connection }): Subgraph {
 *   return createSubgraph({
 *     name: 'things',
 *     typeDefs: loadSubgraphSdl('things'),
 *     services: deps,
 *     createLoaders: ({ caller }) => ({
 *       thing: recordLoader<ThingRecord>((ids) => things(deps.connection).find({ _id: { $in: ids } }).lean(),
 *         (thing) => thing._id, (thing) => seesTenant(caller, thing.tenantId)),
 *     }),
 *     resolvers: {
 *       ...scalarResolvers,
 *       Query: { thing: (_, { id }, { loaders }) => loaders.thing.load(id) },
 *       Mutation: { createThing: (_, { input }, context) => createThing(input, context, deps) },
 *       Thing: { id: (thing) => thing._id, __resolveReference: ({ id }, { loaders }) => loaders.thing.load(id) },
 *     },
 *   });
 * }
 */
export function createSubgraph<TLoaders>(options: SubgraphOptions<TLoaders>): Subgraph {
  const { name, services } = options;
  const log = services.log.child({ subgraph: name });
  const resolvers = options.resolvers as GraphQLResolverMap<SubgraphContext<TLoaders>>;
  const schema = buildSubgraphSchema([
    { typeDefs: parse(options.typeDefs, { noLocation: true }), resolvers },
  ]);
  checkResolvers(name, schema, options.resolvers);
  const guarded = { ...services, log, auditedArguments: options.auditedArguments ?? {} };
  visitPolicies(schema, (field, parent, policy) => {
    if (parent === schema.getSubscriptionType()) {
      if (policy.quota && isCounted(policy.quota)) {
        throw new Error(`${parent.name}.${field.name}: @quota on a subscription needs TOKENS or COST.`);
      }
      const subscribe = withDecisions(field.subscribe ?? defaultFieldResolver, policy);
      field.subscribe = guard(subscribe, policy, guarded);
    } else {
      const resolve = withDecisions(field.resolve ?? defaultFieldResolver, policy);
      const changes = parent === schema.getMutationType();
      field.resolve = changes
        ? guardMutation(resolve, `${parent.name}.${field.name}`, policy, guarded)
        : guard(guardRead(resolve, policy, guarded), policy, guarded);
    }
  });

  const createLoaders = options.createLoaders ?? (() => ({}) as TLoaders);
  const operations = new WeakMap<DocumentNode, Map<string | undefined, PreparedOperation>>();
  const prepareOnce = ({ document, operationName }: SubgraphRequest): PreparedOperation => {
    let known = operations.get(document);
    if (!known) {
      known = new Map();
      operations.set(document, known);
    }
    let prepared = known.get(operationName);
    if (!prepared) {
      prepared = prepareOperation(schema, document, operationName);
      if (known.size < 16) known.set(operationName, prepared);
    }
    return prepared;
  };

  const masked = (result: ExecutionResult, requestId: string): ExecutionResult =>
    result.errors ? { ...result, errors: maskErrors(result.errors, requestId, log) } : result;

  const run = async (request: SubgraphRequest, operation: Executed): Promise<ExecutionResult> => {
    const contextValue = new OperationContext(request, createLoaders, request.signal);
    return masked(await execute({ schema, ...operation, contextValue }), request.requestId);
  };

  const stream = async (
    request: SubgraphRequest,
    prepared: PreparedOperation,
    operation: Executed,
  ): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> => {
    const leaving = new AbortController();
    const follow = () => leaving.abort(request.signal?.reason);
    const unfollow = () => request.signal?.removeEventListener('abort', follow);
    if (request.signal?.aborted) follow();
    else request.signal?.addEventListener('abort', follow, { once: true });
    const contextValue = new OperationContext(request, createLoaders, leaving.signal);
    const source = await createSourceEventStream({ schema, ...operation, contextValue });
    if (!(Symbol.asyncIterator in source)) {
      unfollow();
      return masked(source, request.requestId);
    }
    const noted = (event: ExecutionResult): ExecutionResult => {
      const note = contextValue.takeStreamNote();
      return note === undefined ? event : { ...event, extensions: { stream: note } };
    };
    const { readEventType } = options;
    const ofType = prepared.eventExecution(operation);
    const result = executeEvents(source, (rootValue) => {
      const executed = readEventType === undefined ? operation : ofType(readEventType(rootValue));
      const event = execute({ schema, ...executed, contextValue, rootValue });
      return 'then' in event ? event.then(noted) : noted(event);
    });
    return resultStream(result, {
      onNext: () => contextValue.forgetLoaders(),
      mask: (event) => masked(event, request.requestId),
      toError: (thrown) => toResultError(thrown, request.requestId, log),
      onEnd: () => {
        unfollow();
        leaving.abort();
      },
    });
  };

  let closing: Promise<void> | undefined;
  return {
    name,
    schema,
    async execute(request) {
      try {
        const prepared = prepareOnce(request);
        const operation = prepared.execution(request.variables ?? undefined);
        return await (prepared.isSubscription
          ? stream(request, prepared, operation)
          : run(request, operation));
      } catch (thrown) {
        return { errors: [toResultError(thrown, request.requestId, log)] };
      }
    },
    drain: options.drain ?? (async () => undefined),
    async [Symbol.asyncDispose]() {
      closing ??= options.close?.() ?? Promise.resolve();
      await closing;
    },
  };
}

type Resolve = GraphQLFieldResolver<unknown, unknown>;

/** A read of what the caller may see of others is noted, where the field states it: by tenants:admin, or of what is there for overseers. */
function guardRead(resolve: Resolve, { auth, audited }: ExecutedPolicy, services: RuntimeServices): Resolve {
  if (audited === undefined) return resolve;
  const always = isForOverseers(auth);
  return (source, args, contextValue, info) => {
    const context = contextValue as OperationContext<unknown>;
    const read = () => resolve(source, args, context, info);
    return always || hasScope(context.caller, 'tenants:admin')
      ? withAuditedRead(audited, context, services, read)
      : read();
  };
}

/** A refused mutation is counted in the audit log; one that is let in leaves its record where @audited states it. */
function guardMutation(
  resolve: Resolve,
  coordinate: string,
  policy: ExecutedPolicy,
  services: RuntimeServices & { readonly auditedArguments: AuditedArguments },
): Resolve {
  const { auth, audited } = policy;
  const open = isOpenToKeys(auth);
  const recorded: Resolve =
    audited === undefined
      ? resolve
      : (source, args, contextValue, info) => {
          const context = contextValue as OperationContext<unknown>;
          const kept = services.auditedArguments[audited]?.(args) ?? args;
          return withAudit(audited, kept, context, services, open, () =>
            resolve(source, args, context, info),
          );
        };
  const guarded = guard(recorded, { ...policy, auth: undefined }, services);
  return (source, args, contextValue, info) => {
    const context = contextValue as OperationContext<unknown>;
    try {
      if (auth) enforceAuth(auth, context.caller);
    } catch (error) {
      return auditRefusal(audited ?? coordinate, error, context, services).then(() => {
        throw error;
      });
    }
    return guarded(source, args, context, info);
  };
}

/** Outside in: who may, is there room, do it. */
function guard(resolve: Resolve, policy: ExecutedPolicy, services: RuntimeServices): Resolve {
  const { auth } = policy;
  const quota = policy.quota && isCounted(policy.quota) ? policy.quota : undefined;
  return (source, args, contextValue, info) => {
    const context = contextValue as OperationContext<unknown>;
    if (auth) enforceAuth(auth, context.caller);
    const call = () => resolve(source, args, context, info);
    return quota ? withQuota(quota, context.caller, services.quota, call) : call();
  };
}

/** A resolver for a field that the SDL does not have would silently never run. */
function checkResolvers(name: string, schema: GraphQLSchema, resolvers: SubgraphResolvers<never>): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!type || isInputObjectType(type))
      throw new Error(`${name}: there are resolvers for ${typeName}, which the SDL lacks.`);
    if (!isObjectType(type)) continue;
    for (const field of Object.keys(fields)) {
      if (!field.startsWith('__') && !(field in type.getFields())) {
        throw new Error(`${name}: there is a resolver for ${typeName}.${field}, which the SDL lacks.`);
      }
    }
  }
}
