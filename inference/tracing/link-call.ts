import { activeSpan, type Span } from '#core/tracing/span.ts';
import { invocations } from '#mongo/invocations.ts';
import type { InferenceEngine } from '../engine.ts';

/** Links the span that takes the result of an earlier call to that call, wherever it runs or ran. Never rejects: a call does not fail over its trace. */
export async function linkToCall(
  id: string,
  { connection, log }: Pick<InferenceEngine, 'connection' | 'log'>,
  span: Span | undefined = activeSpan(),
): Promise<void> {
  if (span === undefined) return;
  try {
    const row = await invocations(connection).findOne({ _id: id }, { trace: 1 }).lean();
    if (row?.trace != null) span.link(row.trace);
  } catch (error) {
    log.debug({ err: error, completionId: id }, 'the trace of a call could not be read');
  }
}
