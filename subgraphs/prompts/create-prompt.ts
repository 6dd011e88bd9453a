import { randomUUID } from 'node:crypto';
import { badInput, checkedText } from '#core/input.ts';
import { checkedOffer } from '#mongo/checked-offer.ts';
import type { PromptRecord } from '#mongo/prompts.ts';
import { readNow } from '../runtime/context.ts';
import {
  auditPrompt,
  choosePromptOwner,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  requireWritableName,
} from './deps.ts';
import type { CreatePromptInput } from './generated.ts';
import { storePrompt } from './store-prompt.ts';
import { requireStoredModel } from './versions/has-model.ts';
import { newVersion } from './versions/publish-prompt-version.ts';
import { countTextBytes } from './versions/text-bytes.ts';
import { checkedVersion, textMax } from './versions/version-input.ts';

const namePattern = /^[a-z][A-Za-z0-9]{0,63}$/;

/** A name that a prompt may have and this caller may use. */
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

/** Makes a prompt of the mesh or a tenant, with a first version when the input has one. CONFLICT when the name is taken. */
export async function createPrompt(
  input: CreatePromptInput,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const name = checkedPromptName(input.name, 'input.name', context);
  const owner = await choosePromptOwner(input.tenantId, context, deps);
  const offeredTo = await checkedOffer(input.offeredTo, { what: 'prompts', owner }, deps.connection);
  const prompt: PromptRecord = {
    _id: randomUUID(),
    tenantId: owner,
    ...(offeredTo === null ? {} : { offeredTo }),
    name,
    description: checkedDescription(input.description),
    ...(input.requiresApproval === true ? { requiresApproval: true } : {}),
    labels: {},
    newest: 0,
    createdAt: readNow(deps),
  };
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id: prompt._id });
  const checked =
    input.version == null ? undefined : await checkedVersion(input.version, prompt.tenantId, context, deps);
  if (checked === undefined) {
    await storePrompt(prompt, [], deps);
    return published(prompt, context, deps);
  }
  const { content, label } = checked;
  const first: PromptRecord = {
    ...prompt,
    newest: 1,
    labels: label === null ? {} : { [label]: 1 },
    bytes: countTextBytes(content),
  };
  const version = newVersion(first, 1, content, context, deps);
  await storePrompt(first, [version], deps, () => requireStoredModel(content.model, prompt.tenantId, deps));
  return published(first, context, deps);
}

async function published(
  prompt: PromptRecord,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  auditPrompt(context, prompt);
  await promptsChanged(deps);
  return prompt;
}
