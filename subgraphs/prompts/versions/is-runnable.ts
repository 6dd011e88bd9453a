import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { toCallName } from '#core/owned-id.ts';
import type { PromptVersionRecord } from '#mongo/prompt-versions.ts';
import type { PromptsContext, PromptsDeps } from '../deps.ts';

type Deps = Pick<PromptsDeps, 'catalog'>;
type Version = Pick<PromptVersionRecord, 'promptId' | 'tenantId' | 'model'>;

/** May the caller run the version? As `runPrompt` decides: by the prompt that its name means, and by the AI model or route behind the name that it calls. */
export async function isRunnable(
  { promptId, tenantId, model }: Version,
  { caller, loaders }: PromptsContext,
  { catalog }: Deps,
): Promise<boolean> {
  if (!hasScope(caller, 'inference:invoke') || caller.tenantId === null) return false;
  if (tenantId !== null && tenantId !== caller.tenantId) return false;
  const prompt = await loaders.prompt.load(promptId);
  if (prompt === null || prompt.archivedAt != null) return false;
  if (!matchesLists(caller.promptLists, prompt.name)) return false;
  const meant = await catalog.promptRuns(caller, prompt.name);
  if (meant?.promptId !== promptId) return false;
  // A prompt of the mesh calls what the mesh owns, whatever the tenant has of the same name.
  if (tenantId === null) return matchesLists(caller.modelLists, model) && isCallable(model, caller, catalog);
  return matchesLists(caller.modelLists, toCallName(await catalog.resolveName(model, caller)));
}

async function isCallable(id: string, caller: Caller, catalog: Deps['catalog']): Promise<boolean> {
  return (await catalog.resolve(id, caller)) !== undefined;
}

/** May the caller read what a call of the version needs? With `prompts:read` of every version, otherwise of those that it may run. */
export async function seesVersion(version: Version, context: PromptsContext, deps: Deps): Promise<boolean> {
  return hasScope(context.caller, 'prompts:read') || isRunnable(version, context, deps);
}

/** FORBIDDEN unless the caller may read what a call of the version needs. */
export async function requireSeen(version: Version, context: PromptsContext, deps: Deps): Promise<void> {
  if (await seesVersion(version, context, deps)) return;
  throw new HeddleError(
    'FORBIDDEN',
    'Without the scope prompts:read only the versions that this API key may run can be read.',
  );
}
