import { badInput } from '#core/input.ts';
import { toOwnedId } from '#core/owned-id.ts';
import { modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { PromptsDeps } from '../deps.ts';

/**
 * Is there an AI model, a route or an alias of the tenant that has this name, or for null one of the mesh? To be called after the write that makes a version the current one: whoever
 * deletes it meanwhile then finds that version, or it is found here to be gone.
 */
export async function hasModel(
  name: string,
  tenantId: string | null,
  { connection }: PromptsDeps,
): Promise<boolean> {
  const type = name.includes('/') ? 'Model' : 'Route';
  const found = await findNodeRecords(connection, type, [name, toOwnedId(tenantId, name)]);
  if (found.some((one) => one.tenantId === null || one.tenantId === tenantId)) return true;
  if (tenantId === null) return false;
  return (await modelAliases(connection).exists({ _id: toAliasId(tenantId, name) })) !== null;
}

/** BAD_USER_INPUT where the model, route or alias that a new version calls was deleted meanwhile. */
export async function requireStoredModel(
  name: string,
  tenantId: string | null,
  deps: PromptsDeps,
): Promise<void> {
  if (!(await hasModel(name, tenantId, deps))) {
    badInput('input.model', `was deleted meanwhile: ${JSON.stringify(name)}.`);
  }
}
