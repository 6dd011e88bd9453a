import { type ExecutionResult, type GraphQLSchema, isAbstractType, isObjectType, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { withoutSuggestion } from '#core/text/suggest-name.ts';
import { timeSpan } from '#core/tracing/span.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import type { Callers } from './auth/caller.ts';
import { type IntrospectionExposure, isExposed, refuseIntrospection } from './auth/exposure.ts';
import { coordinateAt } from './coordinate.ts';
import { refuseCostlyOperation } from './directives/cost.ts';
import { readPolicy } from './directives/policy.ts';
import { countReads, ReadMeter } from './directives/reads.ts';
import { RoleSchemas } from './directives/role-schema.ts';
import { responseKey } from './document/canonical-operation.ts';
import { Documents } from './document/documents.ts';
import { type Graph, Operation, type Program, type Turn } from './document/operation.ts';
import { findUndecided, readVariables } from './document/variables.ts';
import { type ClientResult, presentError, presentFailure, refusal } from './errors.ts';
import type { Admission } from './execution/admission.ts';
import { toClientErrors } from './execution/client-errors.ts';
import { type Completion, completeResult, losesAnswer } from './execution/complete.ts';
import type { IsOfType } from './execution/entities.ts';
import { mapEvents } from './execution/events.ts';
import { pickVariables, type Run, runStep, takeRoot } from './execution/run.ts';
import type { GatewayLimits } from './limits.ts';
import { RefusalLog } from './log/refusal-log.ts';
import { StreamWatch } from './log/stream-watch.ts';
import type { Fetch } from './planning/plan.ts';
import type { Planner } from './planning/planner.ts';
import { readFields, readSubgraphNames } from './planning/supergraph-fields.ts';

export type SubgraphExecutors = Readonly<Record<string, SubgraphExecutor | undefined>>;

export interface RouterOptions {
  readonly supergraphSdl: string;
  /** Of the same supergraph. */
  readonly planner: Planner;
  readonly executors: SubgraphExecutors;
  readonly limits: GatewayLimits;
  readonly log: Logger;
  /** Where refusals and cut streams are logged; a log of its own when left out. */
  readonly refusals?: RefusalLog;
  /** The callers that may read the schema; all by default. */
  readonly introspection?: IntrospectionExposure;
  /** What operations draw on READS from; nothing when left out. */
  readonly quota?: Pick<Quota, 'spend'>;
  /** What ends subscriptions with the key or token of their callers; nothing when left out. */
  readonly callers?: Pick<Callers, 'watch'>;
}

/** The caller, its address, and the deadline. */
export interface RequestContext {
  readonly caller: Caller;
  readonly requestId: string;
  /** The client's own id of its request. */
  readonly clientRequestId?: string | null | undefined;
  readonly clientAddress: string | null;
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal | undefined;
}

type Variables = Readonly<Record<string, unknown>>;

/** One answer, or the answers of a subscription. */
export type Answer = ClientResult | AsyncIterableIterator<ClientResult>;

export interface Router {
  readonly schema: GraphQLSchema;
  /** True when the document, or its refusal, is remembered, so that `prepare` takes no time. */
  isPrepared(query: string, caller: Caller): boolean;
  /**
   * The operation to run, or the refusal of its document. Parsed, measured, validated once per document. Anonymous
   * callers may send smaller documents than others.
   */
  prepare(query: string, operationName: string | null | undefined, caller: Caller): Operation | ClientResult;
  /** Runs the operation once. Never rejects: what fails is in the answer, masked where it was not expected. */
  run(
    operation: Operation,
    variables: Variables | null | undefined,
    context: RequestContext,
  ): Promise<Answer>;
}

const refusedByLimit: ReadonlySet<unknown> = new Set(['QUOTA_EXCEEDED', 'BUDGET_EXCEEDED']);
const noVariables: Variables = Object.freeze({});
/** Answers to introspection that are remembered. */
const introspectionsMax = 20;

export function isOperation(value: Operation | ClientResult): value is Operation {
  return value instanceof Operation;
}

export function isStream(answer: Answer): answer is AsyncIterableIterator<ClientResult> {
  return Symbol.asyncIterator in answer;
}

function typeTest(schema: GraphQLSchema): IsOfType {
  return (typeName, conditions) =>
    conditions.some((condition) => {
      if (condition === typeName) return true;
      const type = schema.getType(typeName);
      const conditionType = schema.getType(condition);
      return isObjectType(type) && isAbstractType(conditionType) && schema.isSubType(conditionType, type);
    });
}

/**
 * The router over one supergraph: document, validation, policy, plan, execution, each derived once per document.
 * Throws when the supergraph cannot be read or names a subgraph that has no executor.
 */
export function createRouter(options: RouterOptions): Router {
  const { supergraphSdl, planner, executors, limits, log } = options;
  const refusals = options.refusals ?? new RefusalLog(log);
  const introspection = options.introspection ?? 'on';
  const reads = options.quota && new ReadMeter(options.quota);
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const schema = buildApiSchema(supergraphSdl);
  const graph: Graph = {
    schema,
    policy: readPolicy(supergraph),
    fields: readFields(supergraph),
    planner,
    limits,
    programs: new LRUCache({ maxSize: limits.documentBytesMax }),
    introspections: new LRUCache({ max: introspectionsMax }),
  };
  const roles = introspection === 'role' ? new RoleSchemas(schema, graph.policy) : undefined;
  const documents = new Documents(graph);
  const isOfType = typeTest(schema);
  const reach = new Map<string, SubgraphExecutor>();
  for (const name of readSubgraphNames(supergraph)) {
    const executor = executors[name];
    if (executor === undefined)
      throw new Error(`The supergraph names ${name}, which cannot be reached here.`);
    reach.set(name, executor);
  }

  /** Suggestions name what the schema has, as introspection does. */
  const withSuggestionsFor = (caller: Caller, result: ClientResult): ClientResult => {
    const hasSuggestions = introspection !== 'role' && isExposed(introspection, caller);
    if (hasSuggestions || result.errors === undefined) return result;
    const errors = result.errors.map((error) => ({ ...error, message: withoutSuggestion(error.message) }));
    return { ...result, errors };
  };

  const execute = async (
    { subgraph, document, operationName }: Pick<Fetch, 'subgraph' | 'document' | 'operationName'>,
    variables: Variables | undefined,
    context: RequestContext,
  ) => {
    const executor = reach.get(subgraph);
    if (executor === undefined) {
      throw new HeddleError('INTERNAL', `The subgraph ${subgraph} is not part of this mesh.`);
    }
    return executor.execute({ document, operationName, variables, ...context });
  };

  const startRun = (operation: Operation, variables: Variables, context: RequestContext): Run => ({
    variables,
    isOfType,
    send: async (request) => {
      const result = await execute(request, request.variables, context);
      if (Symbol.asyncIterator in result) throw new Error(`${request.subgraph} answered with a stream.`);
      return result;
    },
    present: (error, path) => {
      const fieldAt = (at: readonly (string | number)[]) => coordinateAt(operation, at, responseKey);
      return presentError(error, { requestId: context.requestId, log, fieldAt }, path);
    },
    data: {},
    errors: [],
    missing: new Set(),
    failed: new Set(),
  });

  const beginCompletion = (
    { errors, data, missing, failed }: Run,
    { shape }: Program,
    { locate }: Operation,
    { requestId }: RequestContext,
  ): Completion => ({
    errors: errors.length === 0 ? [] : toClientErrors(errors, { shape, data, locate }),
    missing,
    failed,
    requestId,
    locate,
    charactersMax: limits.answerCharactersMax,
    charactersLeft: limits.answerCharactersMax,
  });

  const finish = (
    run: Run,
    program: Program,
    operation: Operation,
    context: RequestContext,
  ): ClientResult => {
    const completion = beginCompletion(run, program, operation, context);
    const data = completeResult(completion, program.shape, run.data);
    return completion.errors.length > 0 ? { errors: completion.errors, data } : { data };
  };

  const subscribe = async (
    operation: Operation,
    program: Program,
    source: Fetch,
    variables: Variables,
    context: RequestContext,
  ): Promise<Answer> => {
    const left = new AbortController();
    const signal =
      context.signal === undefined ? left.signal : AbortSignal.any([context.signal, left.signal]);
    const bound: RequestContext = { ...context, signal };
    const events = await execute(source, pickVariables(source, variables), bound);
    if (!(Symbol.asyncIterator in events)) {
      const run = startRun(operation, variables, bound);
      takeRoot(run, source, events);
      return { errors: beginCompletion(run, program, operation, bound).errors };
    }
    const watch = new StreamWatch(refusals, context, operation);
    let unwatch = (): void => undefined;
    const stream = mapEvents<ExecutionResult, ClientResult>(
      events,
      async (event) => {
        watch.saw(event);
        const run = startRun(operation, variables, bound);
        takeRoot(run, source, event);
        for (const { step } of program.turns) await runStep(run, step);
        const answer = finish(run, program, operation, bound);
        if (answer.errors !== undefined) watch.answered(answer.errors);
        return answer;
      },
      (error) => {
        const failure = presentFailure(error, { requestId: context.requestId, log });
        watch.failed(failure.errors?.[0]?.extensions?.code);
        return failure;
      },
      () => {
        unwatch();
        watch.ended();
        left.abort();
      },
    );
    const isAllowed = (caller: Caller) => operation.keepsGrants(context.caller, caller);
    const end = (error: HeddleError) => {
      watch.revoked();
      stream.finish(presentFailure(error, { requestId: context.requestId, log }));
    };
    unwatch = options.callers?.watch(context.caller, { isAllowed, end }) ?? unwatch;
    return stream;
  };

  /** The answer of a mutation is lost with the first field that cannot be null: what follows would run for nothing. */
  const isLastTurn = (
    run: Run,
    { field }: Turn,
    program: Program,
    operation: Operation,
    context: RequestContext,
  ): boolean =>
    program.turns.length > 1 &&
    field !== undefined &&
    losesAnswer(beginCompletion(run, program, operation, context), field, run.data);

  /**
   * Runs a mutation whose charged fields are admitted together: none of them runs unless all are admitted. What stands
   * before the first of them has run by then, so that they may use what it has made.
   */
  const runAdmitted = async (
    current: Run,
    program: Program,
    operation: Operation,
    context: RequestContext,
  ): Promise<Answer> => {
    const left = new Set(program.turns.flatMap(({ field }) => (field === undefined ? [] : [field.planKey])));
    const isAdmitted = (key: string) => program.admissions.some(({ keys }) => keys.has(key));
    let admissions: readonly Admission[] | undefined;
    try {
      for (const turn of program.turns) {
        const key = turn.field?.planKey;
        if (admissions === undefined && key !== undefined && isAdmitted(key)) {
          const admitted = await admitTogether(current, program, operation, context);
          admissions = admitted.held;
          if (!admitted.all) break;
        }
        if (key !== undefined) left.delete(key);
        await runStep(current, turn.step);
        if (isLastTurn(current, turn, program, operation, context)) break;
      }
      return finish(current, program, operation, context);
    } finally {
      await releaseAdmitted(current, admissions ?? [], left, context);
    }
  };

  /** Admits the charged fields; where one is refused, the run has its error, and `held` is what may be reserved all the same. */
  const admitTogether = async (
    current: Run,
    { admissions }: Program,
    operation: Operation,
    context: RequestContext,
  ): Promise<{ readonly all: boolean; readonly held: readonly Admission[] }> => {
    for (const [at, { admit }] of admissions.entries()) {
      const admitting = startRun(operation, current.variables, context);
      await runStep(admitting, { kind: 'root', fetch: admit });
      if (admitting.errors.length === 0) continue;
      current.errors.push(...admitting.errors);
      // That fields which do not run any more have no value is explained by this error.
      current.failed.add(current.data);
      // Refused by a limit, nothing is held of it; after another failure that is not known.
      const isRefused = admitting.errors.every(({ extensions }) => refusedByLimit.has(extensions?.code));
      return { all: false, held: admissions.slice(0, isRefused ? at : at + 1) };
    }
    return { all: true, held: admissions };
  };

  /** Returns what is reserved for fields that have not been sent, whether or not the client is still there. */
  const releaseAdmitted = async (
    { variables }: Run,
    admissions: readonly Admission[],
    keys: ReadonlySet<string>,
    { signal: _, ...context }: RequestContext,
  ): Promise<void> => {
    for (const admission of admissions) {
      const fetch = admission.release(keys);
      if (fetch === undefined) continue;
      try {
        await execute(fetch, pickVariables(fetch, variables), context);
      } catch (error) {
        log.warn(
          { err: error, requestId: context.requestId },
          'reservations could not be returned; they expire',
        );
      }
    }
  };

  const run = async (
    operation: Operation,
    given: Variables | null | undefined,
    context: RequestContext,
  ): Promise<Answer> => {
    let variables = operation.coerceVariables(given ?? noVariables);
    if (variables === undefined) {
      const read = readVariables(schema, operation, given ?? noVariables);
      if (read.errors !== undefined) return withSuggestionsFor(context.caller, { errors: read.errors });
      variables = read.variables;
    }
    const undecided = findUndecided(operation, variables);
    if (undecided !== undefined) return { errors: [undecided] };
    const cost = refuseCostlyOperation(operation.cost, variables, limits);
    const drawn = reads?.draw(context.caller, countReads(operation.meteredRoot, cost));
    if (drawn !== undefined) await drawn;
    const coerced = variables;
    const program = await timeSpan('plan', () => operation.program(context.caller, coerced));
    if (program.refusal !== undefined) {
      if (operation.type === 'mutation') refusals.denied(program.refusal, context, operation);
      return { errors: program.refusal, data: null };
    }
    const { source, turns } = program;
    if (source !== undefined) return subscribe(operation, program, source, variables, context);
    if (operation.type === 'subscription')
      return refusal('BAD_USER_INPUT', 'There is nothing to subscribe to.');
    const current = startRun(operation, variables, context);
    const shown = operation.introspects ? roles?.find(context.caller) : undefined;
    Object.assign(current.data, operation.introspect(variables, shown));
    if (program.admissions.length > 0) return runAdmitted(current, program, operation, context);
    for (const turn of turns) {
      await runStep(current, turn.step);
      if (isLastTurn(current, turn, program, operation, context)) break;
    }
    return finish(current, program, operation, context);
  };

  return {
    schema,
    isPrepared: (query, caller) => documents.isPrepared(query, caller.kind === 'ANONYMOUS'),
    prepare: (query, operationName, caller) => {
      const document = documents.prepare(query, caller.kind === 'ANONYMOUS');
      if (document.refusal !== undefined) return withSuggestionsFor(caller, document.refusal);
      const operation = document.operation(operationName);
      if (!isOperation(operation) || !operation.introspects || isExposed(introspection, caller))
        return operation;
      return refuseIntrospection(introspection);
    },
    run: async (operation, variables, context) => {
      const answer = await run(operation, variables, context).catch((error: unknown) =>
        presentFailure(error, { requestId: context.requestId, log }),
      );
      if (!isStream(answer) && answer.errors !== undefined) {
        refusals.answered(answer.errors, context, operation);
      }
      return answer;
    },
  };
}
