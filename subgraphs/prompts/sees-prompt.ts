import { type Caller, hasScope } from '#core/caller.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { isOfferOpenTo } from '#core/offers.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import type { PromptRecord } from '#mongo/prompts.ts';

type Seen = Pick<PromptRecord, 'tenantId' | 'name' | 'archivedAt' | 'offeredTo'>;

/** May the caller change what the mesh owns, and read all of it? */
export function isOperator(caller: Caller): boolean {
  return hasScope(caller, 'tenants:admin');
}

/** Is the prompt of the caller's tenant, or of the mesh and offered to it? An archived prompt of the mesh is offered to no tenant. */
export function isAtHand({ tenantId, archivedAt, offeredTo }: Seen, caller: Caller): boolean {
  if (tenantId !== null) return tenantId === caller.tenantId;
  return archivedAt == null && isOfferOpenTo(offeredTo, caller);
}

/**
 * May the caller see the prompt? With `prompts:read` those of its tenant and those of the mesh that are offered to it, otherwise those of them
 * that it may run by their names. With `tenants:admin` every prompt.
 */
export function seesPrompt(prompt: Seen, caller: Caller): boolean {
  const { tenantId, name, archivedAt } = prompt;
  if (!hasScope(caller, 'prompts:read'))
    return isAtHand(prompt, caller) && archivedAt == null && matchesLists(caller.promptLists, name);
  return seesTenant(caller, tenantId) || isOperator(caller) || isAtHand(prompt, caller);
}

/** May the caller, with the scopes of the field, read what the author of a version wrote? Of the mesh's its operators alone. */
export function readsTexts({ tenantId }: Pick<PromptRecord, 'tenantId'>, caller: Caller): boolean {
  return tenantId !== null || isOperator(caller);
}
