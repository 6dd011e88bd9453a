import { hasScope } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { trustedDocuments } from '#mongo/trusted-documents.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { documentsChanged } from './documents-changed.ts';

const idsMax = 100;

/** Deletes documents and returns the ids of those that were there, as far as the caller may change them. */
export async function deleteTrustedDocuments(
  ids: readonly string[],
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<readonly string[]> {
  if (ids.length > idsMax) badInput('ids', `must not have more than ${idsMax} items; delete them in pages.`);
  const { caller } = context;
  const isOperator = hasScope(caller, 'tenants:admin');
  const owned = isOperator ? {} : { tenantId: ownTenantId(caller) };
  const records = trustedDocuments(deps.connection);
  const found = await records.find({ _id: { $in: [...ids] }, ...owned }, { body: 0 }).lean();
  const target = {
    tenantId: isOperator ? null : ownTenantId(caller),
    type: 'TrustedDocument',
    id: 'deleted',
  };
  await context.auditTarget(target);
  const deleted = found.map(({ _id }) => _id);
  if (deleted.length === 0) context.unchanged();
  else {
    await records.deleteMany({ _id: { $in: deleted }, ...owned });
    const before = found.map(({ client, documentId }) => `${client} ${documentId}`);
    context.audit({ ...target, before: { documents: before } });
    await documentsChanged(deps, null);
  }
  return deleted;
}
