import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { findAliasTenant, requireLiveAliasTenant } from '../aliases/alias-tenant.ts';
import type { ModelsContext, ModelsDeps } from '../deps.ts';
import { isChangeable, type Owned } from './owned.ts';

/**
 * The tenant that will own what the caller creates; null: the mesh, the default with models:write. Otherwise the default is the caller's
 * own tenant. NOT_FOUND for a tenant that the caller may not see, CONFLICT for an archived one.
 */
export async function chooseOwner(
  wanted: string | null | undefined,
  { caller }: Pick<ModelsContext, 'caller'>,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<string | null> {
  if (wanted == null && hasScope(caller, 'models:write')) return null;
  const tenantId = await findAliasTenant(wanted ?? ownTenantId(caller), caller, deps);
  await requireLiveAliasTenant(tenantId, caller, deps);
  return tenantId;
}

/**
 * The record, if the caller may change it: of its own tenant, of any with tenants:admin, and of the mesh with models:write. NOT_FOUND where
 * there is none, or it belongs to another tenant; FORBIDDEN for the mesh's; CONFLICT where its tenant is archived.
 */
export async function requireEditable<T extends Owned>(
  record: T | null,
  named: { readonly what: string; readonly id: string },
  { caller }: Pick<ModelsContext, 'caller'>,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<T> {
  const found = requireChangeable(record, named, caller);
  if (found.tenantId != null) await requireLiveAliasTenant(found.tenantId, caller, deps);
  return found;
}

/** As requireEditable, also of an archived tenant: what is deleted there only takes something away. */
export function requireChangeable<T extends Owned>(
  record: T | null,
  { what, id }: { readonly what: string; readonly id: string },
  caller: Caller,
): T {
  if (record === null || !isChangeable(record, caller)) {
    if (record !== null && record.tenantId == null) {
      throw new HeddleError(
        'FORBIDDEN',
        `The ${what} ${JSON.stringify(id.slice(0, 200))} belongs to the mesh: changing it requires the scope models:write.`,
      );
    }
    return notFound(what, id);
  }
  return record;
}
