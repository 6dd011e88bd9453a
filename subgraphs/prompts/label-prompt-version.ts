import { promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { notFound } from '../shared/input.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  writablePrompt,
} from './deps.ts';
import { checkedLabel } from './version-input.ts';
import { checkLabelRoom, withWritablePrompt } from './version-room.ts';

/** Points a label at a version of a prompt, whatever it pointed at before. NOT_FOUND without either. */
export async function labelPromptVersion(
  promptId: string,
  label: string,
  number: number,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedLabel(label, 'label');
  const prompt = await writablePrompt(promptId, context, deps);
  if ((await promptVersions(deps.connection).exists({ promptId, number })) === null) {
    return notFound('version', `${prompt.name} ${number}`);
  }
  const after = await withWritablePrompt(prompt, context, deps, (current) => {
    checkLabelRoom(current, name, deps);
    return prompts(deps.connection)
      .findOneAndUpdate(
        { _id: promptId },
        { $set: { [`labels.${name}`]: number } },
        { returnDocument: 'after' },
      )
      .lean()
      .exec();
  });
  if (after === null) return notFound('prompt', promptId);
  auditPrompt(context, after, prompt);
  await promptsChanged(deps);
  return after;
}
