import type { CatalogModel } from '#catalog/catalog.ts';
import { toGenAiProviderName } from '#core/observers/gen-ai-providers.ts';
import type { GenAiOperation } from '#core/observers/inference-observer.ts';
import { type AttributeSource, type Attributes, activeSpan, type Span } from '#core/tracing/span.ts';
import type { AttemptData } from '../completion.ts';
import type { AttemptResult } from '../execution/attempts/attempt.ts';

/** What the span of a provider call is begun with. */
export interface AttemptSpanStart {
  readonly operation: GenAiOperation;
  readonly model: CatalogModel;
  /** The rule of a guardrail that calls; undefined: the call itself does. */
  readonly guardrail: string | undefined;
  /** What the caller of the AI model states of the call. */
  readonly traced: AttributeSource | undefined;
}

/**
 * The span of one provider call, by OpenTelemetry's conventions for generative AI (status: Development):
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md. Undefined: nothing is traced.
 */
export function beginAttemptSpan({
  operation,
  model,
  guardrail,
  traced,
}: AttemptSpanStart): Span | undefined {
  const span = activeSpan()?.child(`${operation} ${model.name}`, {
    kind: 'CLIENT',
    attributes: () => ({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': toGenAiProviderName(model.provider.kind),
      'gen_ai.request.model': model.name,
      'heddle.provider.id': model.provider.id,
      'heddle.guardrail.rule': guardrail,
    }),
  });
  if (traced !== undefined) span?.set(traced);
  return span;
}

/** What became of the provider call; `counted` is what was counted of it. The span ends later. */
export function describeAttempt(
  span: Span | undefined,
  { end, timeToFirstTokenMs }: { readonly end: AttemptResult; readonly timeToFirstTokenMs: number | null },
  counted: AttemptData | undefined,
): void {
  if (span === undefined) return;
  span.set(() => describeEnd(end, timeToFirstTokenMs, counted));
  if (end.outcome === 'FAILED') span.fail(end.failure.code);
}

function describeEnd(
  end: AttemptResult,
  timeToFirstTokenMs: number | null,
  counted: AttemptData | undefined,
): Attributes {
  const usage = counted?.usage;
  return {
    'heddle.outcome': end.outcome,
    'http.response.status_code': end.outcome === 'FAILED' ? end.failure.status : null,
    'gen_ai.response.time_to_first_chunk': timeToFirstTokenMs === null ? null : timeToFirstTokenMs / 1_000,
    'gen_ai.response.finish_reasons':
      end.outcome === 'SUCCEEDED' ? [end.answer.finishReason.toLowerCase()] : null,
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cachedInputTokens,
    'gen_ai.usage.cache_write.input_tokens': usage?.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens,
    'heddle.cost': counted === undefined || counted.unpriced ? null : Number(counted.costNanos) / 1e9,
  };
}
