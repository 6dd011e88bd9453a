import { badInput } from '#core/input.ts';
import { firstIssuerId, issuers } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';

/** The issuer that vouches for members; BAD_USER_INPUT for one that is not saved. The first one may be configured later. */
export async function findIssuerId(
  id: string | null | undefined,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<string> {
  if (id == null || id === firstIssuerId) return firstIssuerId;
  if ((await issuers(connection).exists({ _id: id })) !== null) return id;
  return badInput('input.issuerId', `names no issuer: ${JSON.stringify(id.slice(0, 100))}.`);
}
