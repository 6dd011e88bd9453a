import type { Catalog } from '#catalog/catalog.ts';
import { requireAccess } from '#core/access.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { readOwnerId, toCallName } from '#core/owned-id.ts';

/**
 * The id of the AI model or route that a call means: the target of the tenant's alias, otherwise the name itself, of the tenant's own
 * before the mesh's. FORBIDDEN for one that the caller's key, app or plan does not allow, whether there is one or not: an alias
 * grants nothing, while a route that is allowed calls its own targets. The lists name what callers call, whoever owns it.
 * ACCESS_PENDING for one that requires an approval that the caller's app has not.
 * @param ofMesh the name stands in a prompt of the mesh: it means the mesh's alone, so that no text of the prompt reaches a provider of the tenant
 */
export async function resolveModel(
  name: string,
  caller: Caller,
  { catalog, now }: AllowedNamesDeps,
  ofMesh = false,
): Promise<string> {
  const id = ofMesh ? requireMeshName(name) : await catalog.resolveName(name, caller);
  const resource = toCallName(id);
  if (!matchesLists(caller.modelLists, resource)) refuseName('model or route', 'models', name);
  const found = catalog.find(id, caller) ?? (await catalog.resolve(id, caller));
  if (found !== undefined && ('model' in found ? found.model : found.route).requiresApproval) {
    const what = 'model' in found ? 'AI model' : 'route';
    requireAccess(caller, { what, resource, requiresApproval: true, ownerId: readOwnerId(id) }, now());
  }
  return id;
}

/** NOT_FOUND for the id of what a tenant owns. */
function requireMeshName(name: string): string {
  if (readOwnerId(name) === null) return name;
  throw new HeddleError('NOT_FOUND', 'A prompt of the mesh calls AI models and routes of the mesh alone.');
}

/** What the names of calls are looked up in. */
interface AllowedNamesDeps {
  readonly catalog: Pick<Catalog, 'resolveName' | 'find' | 'resolve'>;
  readonly now: () => number;
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
