import { HeddleError } from '#core/errors.ts';
import type { InferenceEngine } from '../engine.ts';
import { readAnswerTexts } from './guarded-texts.ts';
import { failed, failureOfError, type Outcome } from './outcome.ts';

/** The outcome after the guardrails on the output: a blocked answer is a failure without it. */
export async function guardOutcome(
  outcome: Outcome,
  { output }: InferenceEngine['guardrails'],
  tenantId: string | null,
): Promise<Outcome> {
  if (output === undefined) return outcome;
  // Half an answer is not inspected, and so not returned.
  if (outcome.status !== 'SUCCEEDED') return { ...outcome, answer: {} };
  try {
    await output({ ...readAnswerTexts(outcome.answer), tenantId });
    return outcome;
  } catch (error) {
    if (error instanceof HeddleError) return failed(failureOfError(error));
    throw error;
  }
}
