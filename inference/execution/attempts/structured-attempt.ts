import { HeddleError } from '#core/errors.ts';
import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import type { AnswerBuilder } from '#providers/answer-builder.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { readStructuredAnswer, type StructuredOutput } from '../../admission/structured-output.ts';
import { type AttemptResult, Cancelled, UncheckedAnswer, UnfitAnswer, untilAborted } from './attempt.ts';

/** What the answer of an attempt is checked against. */
interface StructuredCheck {
  readonly structured: StructuredOutput;
  readonly tenantId: string;
  readonly jsonSchemas: JsonSchemas;
  /** What has come of the answer. */
  readonly received: AnswerBuilder;
}

/** An answer that is not of the shape is a failure of the attempt, to be tried again while nothing was shown. */
export async function checkStructured(
  end: AttemptResult,
  signal: AbortSignal,
  { structured, tenantId, jsonSchemas, received }: StructuredCheck,
): Promise<{ readonly end: AttemptResult; readonly json: unknown }> {
  if (end.outcome !== 'SUCCEEDED') return { end, json: null };
  const { text, finishReason, usage } = end.answer;
  if (finishReason === 'TOOL_CALLS') return { end, json: null };
  let failure: unknown;
  try {
    const reading = readStructuredAnswer(text, structured, tenantId, jsonSchemas);
    const read = await untilAborted(reading, signal);
    if ('json' in read) return { end, json: read.json };
    const cut = finishReason === 'LENGTH' ? ' (it was cut at maxOutputTokens)' : '';
    failure = new UnfitAnswer(`The answer does not fit responseSchema: ${read.problem}${cut}.`);
  } catch (error) {
    failure = error instanceof HeddleError ? new UncheckedAnswer(error) : error;
  }
  const reported = { reported: usage, partial: signal.aborted ? received : null, cut: false };
  if (failure instanceof Cancelled) {
    return { end: { outcome: 'CANCELLED', reason: failure, ...reported }, json: null };
  }
  if (!(failure instanceof ProviderFailure)) throw failure;
  return { end: { outcome: 'FAILED', failure, ...reported }, json: null };
}
