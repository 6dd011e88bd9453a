import type { CatalogModel } from '#catalog/catalog.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import type { CompletionData } from '../completion.ts';
import type { CompletionRequest } from '../request.ts';
import { type ClosedInvocation, chooseFinishReason, toCompletionError } from './outcome.ts';
import type { UsageAccumulator } from './usage-accumulator.ts';

/** The invocation that a completion is of, as it stands. */
interface MadeBy extends Pick<CompletionData, 'id' | 'cache'> {
  readonly request: Pick<CompletionRequest, 'promptVersionId'>;
  readonly startedAtMs: number;
  readonly accumulator: UsageAccumulator;
  /** The model of the last attempt. */
  readonly model: CatalogModel;
  readonly dropped: readonly string[] | undefined;
}

/** The completion that clients receive. */
export function buildCompletion(
  { id, request, cache, startedAtMs, accumulator, model, dropped }: MadeBy,
  {
    status,
    answer,
    json,
    failure,
  }: {
    readonly status: CompletionStatus;
    readonly answer: Partial<ProviderAnswer>;
    readonly json: unknown;
    readonly failure: ClosedInvocation['failure'];
  },
): CompletionData {
  return {
    id,
    status,
    text: answer.text ?? '',
    json,
    reasoning: answer.reasoning ?? null,
    toolCalls: answer.toolCalls ?? [],
    ...(answer.extras === undefined ? {} : { extras: answer.extras }),
    ...(dropped === undefined ? {} : { dropped }),
    finishReason: chooseFinishReason(status, answer.finishReason),
    usage: accumulator.usage,
    costNanos: accumulator.costNanos.toString(),
    cache,
    modelId: model.id,
    promptVersionId: request.promptVersionId,
    attempts: [...accumulator.attempts],
    createdAtMs: startedAtMs,
    error: failure === null ? null : toCompletionError(failure),
  };
}
