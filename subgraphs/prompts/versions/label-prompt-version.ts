import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  writablePrompt,
} from '../deps.ts';
import { hasModel } from './has-model.ts';
import { checkedLabel } from './version-input.ts';
import { checkLabelRoom, withWritablePrompt } from './version-room.ts';

/**
 * Points a label at a version of a prompt, whatever it pointed at before. NOT_FOUND without either, CONFLICT where the
 * version calls an AI model or route that was deleted.
 */
export async function labelPromptVersion(
  promptId: string,
  label: string,
  number: number,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedLabel(label, 'label');
  const prompt = await writablePrompt(promptId, context, deps);
  const version = await promptVersions(deps.connection).findOne({ promptId, number }, { model: 1 }).lean();
  if (version === null) return notFound('version', `${prompt.name} ${number}`);
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id: promptId });
  const after = await withWritablePrompt(prompt, context, deps, async (current) => {
    checkLabelRoom(current, name, deps);
    const labelled = await pointLabel(promptId, name, number, deps);
    if (await hasModel(version.model, prompt.tenantId, deps)) return labelled;
    await pointLabel(promptId, name, current.labels[name], deps);
    throw deletedModel(number, version.model);
  });
  if (after === null) return notFound('prompt', promptId);
  auditPrompt(context, after, prompt);
  await promptsChanged(deps);
  return after;
}

/** @param number undefined: the label is removed */
function pointLabel(
  promptId: string,
  label: string,
  number: number | undefined,
  { connection }: PromptsDeps,
): Promise<PromptRecord | null> {
  const path = `labels.${label}`;
  const change = number === undefined ? { $unset: { [path]: 1 } } : { $set: { [path]: number } };
  return prompts(connection)
    .findOneAndUpdate({ _id: promptId }, change, { returnDocument: 'after' })
    .lean()
    .exec();
}

function deletedModel(number: number, model: string): HeddleError {
  const what = `Version ${number} calls ${JSON.stringify(model)}, which was deleted`;
  return new HeddleError('CONFLICT', `${what}: publish a version that calls another AI model or route.`);
}
