import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { notFound } from '../shared/input.ts';
import { type PromptsContext, type PromptsDeps, promptsChanged, visiblePrompt } from './deps.ts';
import { checkedLabel } from './version-input.ts';

/** Takes a label off a prompt that the caller may see; nothing changes when it has none of that name. */
export async function removePromptLabel(
  promptId: string,
  label: string,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedLabel(label, 'label');
  const before = await visiblePrompt(promptId, context, deps);
  const after = await prompts(deps.connection)
    .findOneAndUpdate({ _id: promptId }, { $unset: { [`labels.${name}`]: 1 } }, { returnDocument: 'after' })
    .lean();
  if (after === null) return notFound('prompt', promptId);
  context.audit({ tenantId: before.tenantId, type: 'Prompt', id: promptId, before, after });
  await promptsChanged(deps);
  return after;
}
