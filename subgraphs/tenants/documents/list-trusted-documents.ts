import type { Connection as Database } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { type TrustedDocumentRecord, trustedDocuments } from '#mongo/trusted-documents.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, timeSort } from '../../runtime/list-input.ts';
import type { QueryTrustedDocumentsArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';

/** The documents of the caller's tenant and of the mesh; with tenants:admin those of the tenant it names, or all. */
export function listTrustedDocuments(
  { filter, orderBy, ...page }: QueryTrustedDocumentsArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Connection<TrustedDocumentRecord>> {
  const { tenantId, forMesh, ...equal } = filter ?? {};
  const conditions = [filterOwners(forMesh), given({ tenantId, ...equal }), visibleTo(caller)].filter(
    (condition) => Object.keys(condition).length > 0,
  );
  const where = conditions.length === 0 ? {} : { $and: conditions };
  return findPage(trustedDocuments(database), where, timeSort(orderBy ?? 'NEWEST_FIRST'), page);
}

function filterOwners(forMesh: boolean | null | undefined): Readonly<Record<string, unknown>> {
  if (forMesh == null) return {};
  return { tenantId: forMesh ? null : { $ne: null } };
}

function visibleTo(caller: Caller): Readonly<Record<string, unknown>> {
  return hasScope(caller, 'tenants:admin') ? {} : { tenantId: { $in: [caller.tenantId, null] } };
}
