import { type Caller, hasScope } from '#core/caller.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import type { PromptRecord } from '#mongo/prompts.ts';

/** May the caller see the prompt? With `prompts:read` those of its tenant, otherwise those that it may run by their names. */
export function seesPrompt(
  { tenantId, name, archivedAt }: Pick<PromptRecord, 'tenantId' | 'name' | 'archivedAt'>,
  caller: Caller,
): boolean {
  if (hasScope(caller, 'prompts:read')) return seesTenant(caller, tenantId);
  return tenantId === caller.tenantId && archivedAt == null && matchesLists(caller.promptLists, name);
}
