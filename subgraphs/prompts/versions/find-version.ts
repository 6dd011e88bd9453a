import { badInput } from '#core/input.ts';
import type { PromptVersionRecord } from '#mongo/prompt-versions.ts';
import { type PromptRecord, promptNumber } from '#mongo/prompts.ts';
import type { PromptsContext, PromptsDeps } from '../deps.ts';
import type { PromptVersionArgs } from '../generated.ts';
import { seesVersion } from './is-runnable.ts';

/** The version of the prompt with a number or a label, by default the one that `runPrompt` runs; null: none that the caller may see. */
export async function findVersion(
  prompt: PromptRecord,
  { number, label }: PromptVersionArgs,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptVersionRecord | null> {
  if (number != null && label != null) badInput('number', 'and label cannot both be set: send one of them.');
  const wanted = promptNumber(prompt, number, label);
  if (wanted === undefined) return null;
  const found = await context.loaders.numberedVersion.load({ promptId: prompt._id, number: wanted });
  return found !== null && (await seesVersion(found, context, deps)) ? found : null;
}
