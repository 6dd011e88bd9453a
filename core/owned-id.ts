/**
 * Ids of what belongs to the mesh or to a tenant: a provider, an AI model, a route. The mesh's have the name that clients call as
 * their id; a tenant's have its id and a colon before it. A name has no colon before its first slash.
 */

/** The id of what has the name; null: of the mesh. */
export function toOwnedId(tenantId: string | null, name: string): string {
  return tenantId === null ? name : `${tenantId}:${name}`;
}

/** The tenant that the form of an id names; null: the mesh. */
export function readOwnerId(id: string): string | null {
  const end = findNameStart(id);
  return end === 0 ? null : id.slice(0, end - 1);
}

/** The name that callers of the owner call: the id without its tenant. */
export function toCallName(id: string): string {
  const start = findNameStart(id);
  return start === 0 ? id : id.slice(start);
}

/** The name of what an erased tenant owned, for the ledger to refer to. */
export const erasedName = 'erased';

/** The id of the provider that stands for all that an erased tenant owned. */
export function toErasedProviderId(tenantId: string): string {
  return toOwnedId(tenantId, erasedName);
}

function findNameStart(id: string): number {
  const colon = id.indexOf(':');
  if (colon <= 0) return 0;
  const slash = id.indexOf('/');
  return slash < 0 || colon < slash ? colon + 1 : 0;
}
