import { type DocumentNode, type ExecutionResult, Kind, OperationTypeNode } from 'graphql';
import { activeSpan, runIn, type Span } from '#core/tracing/span.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import type { SubgraphExecutors } from './router.ts';

/** The executors, with a span for each query and mutation in an operation that is traced. A subscription is the span of its operation. */
export function traceExecutors(executors: SubgraphExecutors): SubgraphExecutors {
  const traced = Object.entries(executors).map(([name, executor]) => [
    name,
    executor && trace(name, executor),
  ]);
  return Object.fromEntries(traced);
}

function trace(name: string, executor: SubgraphExecutor): SubgraphExecutor {
  const attributes = { 'heddle.subgraph': name };
  return {
    ...executor,
    execute(request) {
      const parent = activeSpan();
      if (parent === undefined || isSubscription(request.document)) return executor.execute(request);
      const span = parent.child(`subgraph ${name}`, { kind: 'CLIENT', attributes });
      return runIn(span, async () => noteErrors(span, await executor.execute(request)));
    },
  };
}

function isSubscription({ definitions }: DocumentNode): boolean {
  return definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.operation === OperationTypeNode.SUBSCRIPTION,
  );
}

/** The result of a subgraph, of which the span has the code of the first error. */
function noteErrors<T extends ExecutionResult | AsyncIterable<ExecutionResult>>(span: Span, result: T): T {
  if (Symbol.asyncIterator in result) return result;
  const code = result.errors?.[0]?.extensions.code;
  if (result.errors !== undefined) span.fail(typeof code === 'string' ? code : 'INTERNAL');
  return result;
}
