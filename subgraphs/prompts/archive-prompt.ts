import { archivedName, type PromptRecord, promptName, prompts } from '#mongo/prompts.ts';
import { readNow } from '../runtime/context.ts';
import {
  auditPrompt,
  changeablePrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  requireWritableName,
} from './deps.ts';
import { checkArchiveRoom, withPrompt } from './versions/version-room.ts';

/** Archives a prompt that the caller may write, and returns its id. One that is archived keeps its time. */
export async function archivePrompt(id: string, context: PromptsContext, deps: PromptsDeps): Promise<string> {
  const prompt = await changeablePrompt(id, context, deps);
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id });
  const change = await withPrompt(prompt, deps, async (before) => {
    requireWritableName(promptName(before), context.caller);
    if (before.archivedAt != null) return null;
    await checkArchiveRoom(before.tenantId, deps);
    const archived = { name: archivedName(before), archivedAt: readNow(deps) };
    await prompts(deps.connection).updateOne({ _id: id }, { $set: archived });
    const after: PromptRecord = { ...before, ...archived };
    return { before, after };
  });
  if (change === null) context.unchanged();
  else {
    auditPrompt(context, change.after, change.before);
    context.loaders.prompt.clear(id);
    await promptsChanged(deps);
  }
  return id;
}
