import { type Attributes, activeSpan, inSpan, readCode, type Span, withSpan } from '#core/tracing/span.ts';
import type { CompletionData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import type { CompletionRequest } from '../request.ts';
import { describeRequest } from './describe-request.ts';
import { linkToCall } from './link-call.ts';

/** What became of a request that was let in, as far as its span names it. */
type TracedAdmission =
  | {
      readonly kind: 'RUNNING';
      readonly invocation: { readonly done: Promise<{ readonly completion: CompletionData }> };
    }
  | { readonly kind: 'ANSWERED'; readonly completion: CompletionData }
  | { readonly kind: 'EXISTING'; readonly id: string };

type TracedEmbedding = Pick<CompletionData, 'id' | 'modelId'> & { readonly costNanos: bigint };

/** Begins a call in a span of its own, which ends with the call: that may be long after it has begun. */
export function traceCall<T extends TracedAdmission>(
  request: CompletionRequest,
  engine: Pick<InferenceEngine, 'connection' | 'log'>,
  begin: () => Promise<T>,
): Promise<T> {
  const span = activeSpan()?.child('completion', { attributes: () => describeRequest(request) });
  return span === undefined ? begin() : beginIn(span, engine, begin);
}

async function beginIn<T extends TracedAdmission>(
  span: Span,
  engine: Pick<InferenceEngine, 'connection' | 'log'>,
  begin: () => Promise<T>,
): Promise<T> {
  try {
    const begun = await withSpan(span, begin);
    if (begun.kind === 'RUNNING') {
      void begun.invocation.done.then(
        ({ completion }) => endCall(span, completion),
        (error: unknown) => endFailed(span, error),
      );
      return begun;
    }
    if (begun.kind === 'ANSWERED') span.set(() => describeCompletion(begun.completion));
    else {
      span.set({ 'heddle.completion.id': begun.id, 'heddle.completion.existing': true });
      await linkToCall(begun.id, engine, span);
    }
    span.end();
    return begun;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}

function endFailed(span: Span, error: unknown): void {
  span.fail(readCode(error));
  span.end();
}

function endCall(span: Span, completion: CompletionData): void {
  span.set(() => describeCompletion(completion));
  if (completion.error !== null) span.fail(completion.error.code);
  span.end();
}

function describeCompletion({
  id,
  status,
  cache,
  modelId,
  costNanos,
  attempts,
}: Pick<CompletionData, 'id' | 'status' | 'cache' | 'modelId' | 'costNanos' | 'attempts'>): Attributes {
  return {
    'heddle.completion.id': id,
    'heddle.status': status,
    'heddle.cache': cache,
    'heddle.model.id': modelId,
    'heddle.cost': Number(costNanos) / 1e9,
    'heddle.attempts': attempts.length,
  };
}

/** Makes an embedding in a span of its own. */
export function traceEmbedding<T extends TracedEmbedding>(embed: () => Promise<T>): Promise<T> {
  return inSpan('embedding', async (span) => {
    const embedded = await embed();
    span?.set(() => describeEmbedding(embedded));
    return embedded;
  });
}

function describeEmbedding({ id, modelId, costNanos }: TracedEmbedding): Attributes {
  return { 'heddle.completion.id': id, 'heddle.model.id': modelId, 'heddle.cost': Number(costNanos) / 1e9 };
}
