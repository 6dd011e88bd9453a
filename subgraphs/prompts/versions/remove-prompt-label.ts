import { notFound } from '#core/input.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  writablePrompt,
} from '../deps.ts';
import { checkedLabel } from './version-input.ts';
import { withWritablePrompt } from './version-room.ts';

/** Takes a label off a prompt that the caller may write; nothing changes when it has none of that name. */
export async function removePromptLabel(
  promptId: string,
  label: string,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedLabel(label, 'label');
  const before = await writablePrompt(promptId, context, deps);
  await context.auditTarget({ tenantId: before.tenantId, type: 'Prompt', id: promptId });
  const after = await withWritablePrompt(before, context, deps, () =>
    prompts(deps.connection)
      .findOneAndUpdate({ _id: promptId }, { $unset: { [`labels.${name}`]: 1 } }, { returnDocument: 'after' })
      .lean()
      .exec(),
  );
  if (after === null) return notFound('prompt', promptId);
  auditPrompt(context, after, before);
  await promptsChanged(deps);
  return after;
}
