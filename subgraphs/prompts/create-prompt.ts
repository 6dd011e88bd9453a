import { randomUUID } from 'node:crypto';
import { badInput, checkedText } from '#core/input.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { nowOf } from '../runtime/context.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  requireWritableName,
  targetTenantId,
} from './deps.ts';
import { storeVersion } from './publish-prompt-version.ts';
import { type CheckedVersion, checkedVersion, type PromptVersionInput, textMax } from './version-input.ts';
import { checkPromptRoom, orTaken, withPromptsOf } from './version-room.ts';

export interface CreatePromptInput {
  readonly name: string;
  readonly description?: string | null;
  readonly tenantId?: string | null;
  readonly version?: PromptVersionInput | null;
}

const namePattern = /^[a-z][A-Za-z0-9]{0,63}$/;

/** A name that a prompt may have and this caller may give. */
export function checkedPromptName(name: string, field: string, { caller }: PromptsContext): string {
  if (!namePattern.test(name)) {
    badInput(field, 'must be a lower-case letter, then letters and digits, at most 64.');
  }
  requireWritableName(name, caller);
  return name;
}

/** The description as it is stored; null: none. */
export function checkedDescription(description: string | null | undefined): string | null {
  return description == null ? null : checkedText(description, 'input.description', textMax);
}

/** Makes a prompt, with a first version when one is given. CONFLICT when the name is taken. */
export async function createPrompt(
  input: CreatePromptInput,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedPromptName(input.name, 'input.name', context);
  const prompt: PromptRecord = {
    _id: randomUUID(),
    tenantId: await targetTenantId(input.tenantId, context, deps),
    name,
    description: checkedDescription(input.description),
    labels: {},
    newest: 0,
    createdAt: nowOf(deps),
  };
  const version =
    input.version == null ? undefined : await checkedVersion(input.version, prompt.tenantId, deps);
  await withPromptsOf(prompt.tenantId, deps, async () => {
    await checkPromptRoom(prompt.tenantId, deps);
    await orTaken(prompts(deps.connection).create(prompt), name);
  });
  const published = version && (await storeFirst(prompt, version, context, deps));
  const after: PromptRecord =
    published === undefined
      ? prompt
      : {
          ...prompt,
          newest: published.number,
          labels: version?.label == null ? {} : { [version.label]: published.number },
        };
  auditPrompt(context, after);
  await promptsChanged(deps);
  return after;
}

/** The first version of a prompt that has just been made; without it there is no prompt. */
async function storeFirst(
  prompt: PromptRecord,
  version: CheckedVersion,
  context: PromptsContext,
  deps: PromptsDeps,
) {
  try {
    return await storeVersion(prompt, version, context, deps);
  } catch (error) {
    await prompts(deps.connection).deleteOne({ _id: prompt._id, newest: 0 });
    throw error;
  }
}
