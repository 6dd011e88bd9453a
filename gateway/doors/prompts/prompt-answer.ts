import type { PromptRunMutation } from '../operations.generated.ts';

/** What of a completion the answer is made of. */
type Answered = Pick<PromptRunMutation['runPrompt'], 'text' | 'json' | 'refusal'>;

/** The version that was run; null where its subgraph was not reached. */
type Version = { readonly structured: boolean } | null | undefined;

/**
 * The body of an answer: the value where the prompt has an output schema, also the value null, otherwise the text. A refusal
 * of the AI model has no value, and stands beside the text.
 */
export function toPromptAnswer({ text, json, refusal }: Answered, version: Version): unknown {
  if (json !== null && json !== undefined) return json;
  if (refusal !== null) return { text, refusal };
  return version?.structured === true ? null : { text };
}
