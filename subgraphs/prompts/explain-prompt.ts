import type { Connection } from 'mongoose';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import type { PromptsContext } from './deps.ts';
import type { PromptExplanation } from './generated.ts';
import { isAtHand, seesPrompt } from './sees-prompt.ts';

/** The prompts that have the name and that the caller may see, in the order of precedence: its tenant's before the mesh's. */
export async function findByName(
  name: string,
  { caller }: Pick<PromptsContext, 'caller'>,
  connection: Connection,
): Promise<readonly PromptRecord[]> {
  const owners = caller.tenantId === null ? null : { $in: [caller.tenantId, null] };
  const found = await prompts(connection).find({ tenantId: owners, name, archivedAt: null }).lean();
  return found
    .filter((prompt) => seesPrompt(prompt, caller))
    .sort((a, b) => Number(a.tenantId === null) - Number(b.tenantId === null));
}

/** What a name means in calls of the caller, and what else has the name. */
export async function explainPrompt(
  name: string,
  context: PromptsContext,
  connection: Connection,
): Promise<PromptExplanation> {
  const found = await findByName(name, context, connection);
  const chosen =
    context.caller.tenantId === null ? undefined : found.find((prompt) => isAtHand(prompt, context.caller));
  return {
    name,
    resolvedId: chosen?._id ?? null,
    candidates: found.map((prompt) => ({
      id: prompt._id,
      tenantId: prompt.tenantId,
      chosen: prompt === chosen,
      reason: explainChoice(prompt, chosen, context),
    })),
  };
}

function explainChoice(
  prompt: PromptRecord,
  chosen: PromptRecord | undefined,
  { caller }: PromptsContext,
): string {
  if (caller.tenantId === null) return 'You belong to no tenant, and tenants alone run prompts.';
  if (!isAtHand(prompt, caller)) return 'It is not offered to your tenant.';
  if (prompt !== chosen) return 'The prompt of your tenant comes before it.';
  return prompt.tenantId === null ? 'The mesh offers it to your tenant.' : 'Your tenant owns it.';
}
