import type { Catalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { toCallName } from '#core/owned-id.ts';

/**
 * The id of the AI model or route that a call means: the target of the tenant's alias, otherwise the name itself, of the tenant's own
 * before the mesh's. FORBIDDEN for one that the caller's key, app or plan does not allow, whether there is one or not: an alias
 * grants nothing, while a route that is allowed calls its own targets. The lists name what callers call, whoever owns it.
 */
export async function resolveModel(
  name: string,
  caller: Caller,
  catalog: Pick<Catalog, 'resolveName'>,
): Promise<string> {
  const id = await catalog.resolveName(name, caller);
  if (!matchesLists(caller.modelLists, toCallName(id))) refuseName('model or route', 'models', name);
  return id;
}

/** FORBIDDEN for a prompt that the caller's key or app does not allow, whether there is one or not. */
export function requirePrompt(caller: Caller, name: string): void {
  if (!matchesLists(caller.promptLists, name)) refuseName('prompt', 'prompts', name);
}

const shownMax = 100;

function refuseName(what: string, field: string, name: string): never {
  const shown = JSON.stringify(name.length > shownMax ? `${name.slice(0, shownMax)}…` : name);
  throw new HeddleError(
    'FORBIDDEN',
    `This API key may not use the ${what} ${shown}; see \`${field}\` of the key, its app and its plan.`,
  );
}
