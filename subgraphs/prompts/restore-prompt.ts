import { type PromptRecord, promptName, prompts } from '#mongo/prompts.ts';
import {
  auditPrompt,
  changeablePrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  requireLiveTenant,
  requireWritableName,
} from './deps.ts';
import { checkPromptRoom, orTaken, withPrompt } from './versions/version-room.ts';

/** Makes an archived prompt usable again. CONFLICT when another prompt has its name, there are too many, or its tenant is archived. */
export async function restorePrompt(
  id: string,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await changeablePrompt(id, context, deps);
  await requireLiveTenant(prompt, context, deps);
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id });
  const { before, after } = await withPrompt(prompt, deps, async (before) => {
    requireWritableName(promptName(before), context.caller);
    if (before.archivedAt == null) return { before, after: before };
    await checkPromptRoom(before.tenantId, deps);
    const restored = { name: promptName(before), archivedAt: null };
    await orTaken(prompts(deps.connection).updateOne({ _id: id }, { $set: restored }).exec(), restored.name);
    return { before, after: { ...before, ...restored } };
  });
  if (after === before) context.unchanged();
  else {
    auditPrompt(context, after, before);
    context.loaders.prompt.clear(id);
    await promptsChanged(deps);
  }
  return after;
}
