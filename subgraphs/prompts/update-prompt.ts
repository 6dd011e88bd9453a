import { badInput } from '#core/input.ts';
import type { Offer } from '#core/offers.ts';
import { checkedOffer } from '#mongo/checked-offer.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { checkedDescription, checkedPromptName } from './create-prompt.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  writablePrompt,
} from './deps.ts';
import type { UpdatePromptInput } from './generated.ts';
import { orTaken, withWritablePrompt } from './versions/version-room.ts';

/** Changes the specified fields. FORBIDDEN where the caller's key is restricted to other names than the old and the new one, CONFLICT when the name is taken. */
export async function updatePrompt(
  id: string,
  input: UpdatePromptInput,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await writablePrompt(id, context, deps);
  if (input.name === null) badInput('input.name', 'must not be null.');
  if (input.requiresApproval === null) badInput('input.requiresApproval', 'must not be null.');
  const change: Partial<PromptRecord> = {
    ...(input.name === undefined ? {} : { name: checkedPromptName(input.name, 'input.name', context) }),
    ...(input.description === undefined ? {} : { description: checkedDescription(input.description) }),
    ...(input.offeredTo === undefined
      ? {}
      : {
          offeredTo: await checkedOffer(
            input.offeredTo,
            { what: 'prompts', owner: prompt.tenantId },
            deps.connection,
          ),
        }),
    ...(input.requiresApproval === undefined ? {} : { requiresApproval: input.requiresApproval }),
  };
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id });
  const { before, after } = await withWritablePrompt(prompt, context, deps, async (before) => {
    const after: PromptRecord = { ...before, ...change };
    const isSame =
      after.name === before.name &&
      after.description === before.description &&
      isSameOffer(after.offeredTo, before.offeredTo) &&
      (after.requiresApproval ?? false) === (before.requiresApproval ?? false);
    if (isSame) return { before, after: before };
    const write = prompts(deps.connection).updateOne({ _id: id }, { $set: change }).exec();
    await orTaken(write, after.name);
    return { before, after };
  });
  if (after === before) context.unchanged();
  else {
    auditPrompt(context, after, before);
    context.loaders.prompt.clear(id);
    await promptsChanged(deps);
  }
  return after;
}

function isSameOffer(a: Offer | null | undefined, b: Offer | null | undefined): boolean {
  if (a == null || b == null) return (a ?? null) === (b ?? null);
  return String(a.plans) === String(b.plans) && String(a.tenants) === String(b.tenants);
}
