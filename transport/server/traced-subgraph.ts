import { type Tracer, withSpan } from '#core/tracing/span.ts';
import type { Subgraph } from '../executor.ts';

/** A subgraph that is served to other processes, with a span for each call that continues the trace of its gateway. */
export function traceSubgraph(subgraph: Subgraph, tracer: Tracer): Subgraph {
  return {
    ...subgraph,
    async execute(request) {
      const { trace: parent, requestId } = request;
      const span = tracer.begin(`serve ${subgraph.name}`, {
        kind: 'SERVER',
        parent,
        attributes: { 'heddle.subgraph': subgraph.name, 'heddle.request.id': requestId },
      });
      const result = await withSpan(span, () => subgraph.execute(request));
      if (Symbol.asyncIterator in result) span.answered();
      else if (result.errors !== undefined) {
        const code = result.errors[0]?.extensions.code;
        span.fail(typeof code === 'string' ? code : 'INTERNAL');
      }
      span.end();
      return result;
    },
    [Symbol.asyncDispose]: () => subgraph[Symbol.asyncDispose](),
  };
}
