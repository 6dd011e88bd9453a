import { HeddleError } from '#core/errors.ts';
import { failed, failureOfError, type Outcome } from '../execution/outcome.ts';
import { type GuardedCall, guardAnswer } from './guard-call.ts';

/** The outcome after the guardrails on the output: a blocked answer is a failure without it. */
export async function guardOutcome(outcome: Outcome, guarded: GuardedCall): Promise<Outcome> {
  const { plan, masks } = guarded;
  if (!plan.looksAtOutput && masks.size === 0) return outcome;
  // Half an answer is not inspected, and so not returned.
  if (outcome.status !== 'SUCCEEDED') return { ...outcome, answer: {} };
  try {
    return { ...outcome, answer: await guardAnswer(outcome.answer, guarded) };
  } catch (error) {
    if (error instanceof HeddleError) return failed(failureOfError(error));
    throw error;
  }
}
