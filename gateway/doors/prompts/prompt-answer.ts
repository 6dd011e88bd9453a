import type { PromptRunMutation } from '../operations.generated.ts';

/** What of a completion the answer is made of. */
type Answered = Pick<PromptRunMutation['runPrompt'], 'text' | 'json' | 'refusal'>;

/**
 * The body of an answer: the value where the prompt has an output schema, otherwise the text. A refusal of the AI model has
 * no value, and stands beside the text.
 */
export function toPromptAnswer({ text, json, refusal }: Answered): unknown {
  if (json !== null && json !== undefined) return json;
  return refusal === null ? { text } : { text, refusal };
}
