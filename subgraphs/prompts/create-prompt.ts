import { randomUUID } from 'node:crypto';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { nowOf, ownTenantId } from '../shared/context.ts';
import { badInput, checkedText, orConflict } from '../shared/input.ts';
import { withRoom } from '../shared/with-room.ts';
import { type PromptsContext, type PromptsDeps, promptsChanged } from './deps.ts';
import { storeVersion } from './publish-prompt-version.ts';
import { type CheckedVersion, checkedVersion, type PromptVersionInput, textMax } from './version-input.ts';

export interface CreatePromptInput {
  readonly name: string;
  readonly description?: string | null;
  readonly version?: PromptVersionInput | null;
}

const promptName = /^[a-z][A-Za-z0-9]{0,63}$/;

/** Makes a prompt in the caller's tenant, with a first version when one is given. CONFLICT when the name is taken. */
export async function createPrompt(
  input: CreatePromptInput,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  if (!promptName.test(input.name)) {
    badInput('input.name', 'must be a lower-case letter, then letters and digits, at most 64.');
  }
  const prompt: PromptRecord = {
    _id: randomUUID(),
    tenantId: ownTenantId(context.caller),
    name: input.name,
    description:
      input.description == null ? null : checkedText(input.description, 'input.description', textMax),
    labels: {},
    newest: 0,
    createdAt: nowOf(deps),
  };
  const version =
    input.version == null ? undefined : await checkedVersion(input.version, prompt.tenantId, deps);
  const records = prompts(deps.connection);
  await withRoom(
    deps,
    'promptsPerTenant',
    prompt.tenantId,
    () => records.countDocuments({ tenantId: prompt.tenantId }),
    () =>
      orConflict(
        records.create(prompt),
        `Your tenant has a prompt ${JSON.stringify(prompt.name)} already: publish a version of it, or choose another name.`,
      ),
  );
  const published = version && (await storeFirst(prompt, version, context, deps));
  const after: PromptRecord =
    published === undefined
      ? prompt
      : {
          ...prompt,
          newest: published.number,
          labels: version?.label == null ? {} : { [version.label]: published.number },
        };
  context.audit({ tenantId: prompt.tenantId, type: 'Prompt', id: prompt._id, after });
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
