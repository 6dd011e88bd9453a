import type { Connection as Database } from 'mongoose';
import { type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { containing, listSort } from '../../runtime/list-input.ts';
import type { QueryIssuersArgs } from '../generated.ts';

/** The issuers of the mesh, a page of them. */
export function listIssuers(
  { filter, orderBy, ...page }: QueryIssuersArgs,
  database: Database,
): Promise<Connection<IssuerRecord>> {
  const where = filter?.search == null ? {} : { issuer: containing(filter.search) };
  return findPage(issuers(database), where, listSort(orderBy ?? 'CREATED_AT_ASC', 'issuer'), page);
}
