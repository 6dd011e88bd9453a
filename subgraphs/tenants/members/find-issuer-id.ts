import { badInput } from '#core/input.ts';
import { firstIssuerId, issuers, vouchesFor } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';

/**
 * The issuer that vouches for members of the tenant; BAD_USER_INPUT, in the same words, for one that is not saved and one that is another
 * tenant's. The first one may be configured later.
 */
export async function findIssuerId(
  id: string | null | undefined,
  tenantId: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<string> {
  const issuerId = id ?? firstIssuerId;
  const issuer = await issuers(connection).findById(issuerId).lean();
  if (issuer === null ? issuerId === firstIssuerId : vouchesFor(issuer, tenantId)) return issuerId;
  return badInput(
    'input.issuerId',
    `names no issuer that vouches for people of the tenant: ${JSON.stringify(issuerId.slice(0, 100))}.`,
  );
}
