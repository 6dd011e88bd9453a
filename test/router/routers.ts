import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { restoreExtraDirectives } from '@graphql-mesh/fusion-runtime';
import { buildASTSchema, type DocumentNode, type ExecutionResult, parse } from 'graphql';
import type { Logger } from 'pino';
import { anonymousCaller } from '#core/caller.ts';
import { resolveLimits } from '#gateway/limits.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createRouter, isOperation } from '#gateway/router.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { bazaarNames, bazaarSupergraph } from './bazaar-graph.ts';
import { type Run, runInSubgraph } from './bazaar-run.ts';

type Variables = Readonly<Record<string, unknown>>;

/** One answer, or the answers of a subscription, as a client reads them. */
export type Answers = readonly ExecutionResult[];

/** Nothing that a test generates is too large. */
export const wideLimits = resolveLimits({
  depthMax: 1000,
  aliasesMax: 10_000,
  fieldsMax: 1_000_000,
  costMax: 2 ** 50,
  rootFieldsMax: 1000,
});

/** All that an executor answers, as it goes over the wire. */
export async function readAnswers(answer: object): Promise<Answers> {
  const answers: unknown[] = [];
  if (Symbol.asyncIterator in answer) {
    for await (const event of answer as AsyncIterable<unknown>) answers.push(event);
  } else {
    answers.push(answer);
  }
  return JSON.parse(JSON.stringify(answers)) as Answers;
}

/** The planner itself gives up on a few operations: a required field of an entity below the same entity. */
export const isBeyondPlanner = (logged: readonly string[]) =>
  logged.some((line) => line.includes('Failed to plan query: failed to build fetch graph'));

/** The router that Heddle runs, over the bazaar. Every run brings its own world. */
export function ourRouter(log: Logger) {
  let current: Run | undefined;
  const executors: Record<string, SubgraphExecutor> = {};
  for (const name of bazaarNames) {
    executors[name] = {
      execute: ({ document, variables }) => {
        if (current === undefined) throw new Error('Nothing runs.');
        return runInSubgraph(name, document, variables, current) as ReturnType<SubgraphExecutor['execute']>;
      },
    };
  }
  const planner = new PlannerProcess(bazaarSupergraph);
  const router = createRouter({
    supergraphSdl: bazaarSupergraph,
    planner,
    executors,
    limits: wideLimits,
    log,
  });
  const answer = async (query: string, variables: Variables, run: Run): Promise<Answers> => {
    current = run;
    const operation = router.prepare(query, undefined, anonymousCaller);
    if (!isOperation(operation)) throw new Error(`Refused: ${JSON.stringify(operation)}\n${query}`);
    const context = { caller: anonymousCaller, requestId: 'r1', clientAddress: null };
    return readAnswers(await router.run(operation, variables, context));
  };
  return { answer, [Symbol.asyncDispose]: () => planner[Symbol.asyncDispose]() };
}

/** The executor of Hive's router-runtime over the same subgraphs. */
export async function hiveRouter() {
  const supergraph = buildASTSchema(parse(bazaarSupergraph), { assumeValid: true, assumeValidSDL: true });
  const { executor } = await unifiedGraphHandler({
    unifiedGraph: restoreExtraDirectives(supergraph),
    getUnifiedGraphSDL: () => bazaarSupergraph,
    onSubgraphExecute: (subgraph: string, { document, variables, context }) => {
      const name = bazaarNames.find((one) => one.toUpperCase() === subgraph.toUpperCase());
      if (name === undefined) throw new Error(`There is no subgraph ${subgraph}.`);
      return runInSubgraph(name, document, variables as Variables, context as Run) as never;
    },
  } as Parameters<typeof unifiedGraphHandler>[0]);
  if (executor === undefined) throw new Error('Nothing executes.');
  return async (document: DocumentNode, variables: Variables, run: Run): Promise<Answers> => {
    const answer: unknown = await executor({ document, variables, context: run } as never);
    return readAnswers(answer as object);
  };
}
