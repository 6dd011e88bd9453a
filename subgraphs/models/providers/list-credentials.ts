import { type Caller, hasScope } from '#core/caller.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { containing, given, listSort } from '../../runtime/list-input.ts';
import { type ModelsDeps, readNow } from '../deps.ts';
import type { QueryProviderCredentialsArgs } from '../generated.ts';

/** The credentials that match every specified field, of the providers that the caller may change. */
export function listProviderCredentials(
  { filter, orderBy, ...page }: QueryProviderCredentialsArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection' | 'now'>,
): Promise<Connection<ProviderCredentialRecord>> {
  const { search, rotating, ...equal } = filter ?? {};
  const kept = { 'previous.endsAt': { $gt: readNow(deps) } };
  const conditions = [
    changeableBy(caller),
    given({ ...equal }),
    search == null ? {} : { label: containing(search) },
    rotating == null ? {} : rotating ? kept : { $nor: [kept] },
  ].filter((condition) => Object.keys(condition).length > 0);
  const where = conditions.length === 0 ? {} : { $and: conditions };
  return findPage(
    providerCredentials(deps.connection),
    where,
    listSort(orderBy ?? 'CREATED_AT_ASC', 'label'),
    page,
  );
}

/** What `isChangeable` allows, as a filter. */
function changeableBy(caller: Caller): Readonly<Record<string, unknown>> {
  const ofTenants = hasScope(caller, 'tenants:admin')
    ? { tenantId: { $ne: null } }
    : { tenantId: caller.tenantId ?? { $in: [] } };
  return hasScope(caller, 'models:write') ? { $or: [{ tenantId: null }, ofTenants] } : ofTenants;
}
