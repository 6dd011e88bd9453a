import type { HeddleError } from '#core/errors.ts';
import { restrictPlan } from '#guardrails/pipeline/answer-rules.ts';
import { type GuardrailVerdict, guardrailBlocked, runGuardrails } from '#guardrails/pipeline/run.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import { mapAnswerTexts } from './answer-texts.ts';
import type { GuardedCall } from './guard-call.ts';
import { moveOffsets } from './move-offsets.ts';
import { gatherTexts, replaceTexts } from './text-walks.ts';

/** What the guardrails make of a whole answer. */
export type GuardedAnswer = { readonly verdicts: readonly GuardrailVerdict[] } & (
  | { readonly kind: 'PASSED'; readonly answer: Partial<ProviderAnswer> }
  /** `note`: what the AI model may be called again with; null: it is final. */
  | { readonly kind: 'REFUSED'; readonly error: HeddleError; readonly note: string | null }
);

/** Where an answer stands. */
export interface AnswerPlace {
  /** Its text is to be JSON. */
  readonly isStructured: boolean;
  readonly signal: AbortSignal;
}

/** The answer as the guardrails let it go to the client, with masked values in their places. */
export async function guardAnswer(
  answer: Partial<ProviderAnswer>,
  { plan, masks, context }: GuardedCall,
  { isStructured, signal }: AnswerPlace,
): Promise<GuardedAnswer> {
  let guarded = answer;
  let verdicts: readonly GuardrailVerdict[] = [];
  if (plan.looksAtOutput) {
    const texts = gatherTexts((visit) => mapAnswerTexts(answer, visit, isStructured));
    // What is masked in an answer stays masked.
    const own = masks.besides(texts.map(({ text }) => text));
    const here = { ...context, signal };
    const outcome = await runGuardrails(plan, texts, { direction: 'OUTPUT', context: here, masks: own });
    verdicts = outcome.verdicts;
    if (outcome.kind === 'BLOCKED') {
      return { kind: 'REFUSED', error: guardrailBlocked(outcome.by), note: null, verdicts };
    }
    if (outcome.kind === 'RETRY') {
      return { kind: 'REFUSED', error: guardrailBlocked(outcome.by), note: outcome.note, verdicts };
    }
    if (outcome.edits.size > 0) guarded = mapAnswerTexts(answer, replaceTexts(outcome.edits), isStructured);
    if (outcome.kind === 'REPAIRED') guarded = withText(guarded, outcome.text);
  }
  const restored =
    masks.size === 0
      ? guarded
      : mapAnswerTexts(guarded, ({ text, format }) => masks.restore(text, format), isStructured);
  return { kind: 'PASSED', answer: moveOffsets(restored, answer.text ?? ''), verdicts };
}

/** The answer with another text, which no log probabilities are of. */
function withText(answer: Partial<ProviderAnswer>, text: string): Partial<ProviderAnswer> {
  if (answer.extras === undefined) return { ...answer, text };
  const { logprobs: _, ...extras } = answer.extras;
  return { ...answer, text, extras };
}

const withheld = 'The provider failed; a guardrail withholds its words.';

/**
 * A provider's words about its failure as they may go to the client: it may repeat in them what it was sent. Only LOCAL rules
 * that act on texts look at them.
 */
export async function guardMessage(
  message: string,
  { plan, masks, context }: GuardedCall,
  signal: AbortSignal,
): Promise<string> {
  const rules = plan.rules.filter(
    ({ reach, action, isShadow }) =>
      reach === 'LOCAL' && !isShadow && (action === 'BLOCK' || action === 'MASK' || action === 'REDACT'),
  );
  const text = {
    text: message,
    kind: 'value',
    role: null,
    format: 'TEXT',
    stages: ['OUTPUT'],
    isEditable: true,
  } as const;
  const options = {
    direction: 'OUTPUT',
    context: { ...context, signal },
    masks: masks.besides([message]),
  } as const;
  const outcome = await runGuardrails(restrictPlan(plan, rules), [text], options);
  return outcome.kind === 'PASSED' ? masks.restore(outcome.edits.get(0) ?? message) : withheld;
}
