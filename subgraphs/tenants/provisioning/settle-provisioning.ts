import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { memberGroups } from '#mongo/member-groups.ts';
import { tenants } from '#mongo/tenants.ts';
import { withRoles } from '../roles/find-role.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { completeEnd, completeRoles } from './apply-roles.ts';
import { settleGroups } from './groups/change-groups.ts';

/** Tenants that one sweep looks at. */
const dueMax = 100;

/** Completes changes of provisioning that were cut by the end of their process; the number of tenants. */
export async function settleProvisioning(connection: Connection, log: Logger): Promise<number> {
  const [ofTenants, ofGroups] = await Promise.all([
    tenants(connection)
      .find({ 'provisioning.due': { $exists: true } }, { _id: 1 })
      .limit(dueMax)
      .lean(),
    memberGroups(connection)
      .find({ 'due.deletes': { $exists: true } }, { tenantId: 1 })
      .limit(dueMax)
      .lean(),
  ]);
  const due = new Set([...ofTenants.map(({ _id }) => _id), ...ofGroups.map(({ tenantId }) => tenantId)]);
  let settled = 0;
  for (const tenantId of due) {
    try {
      await withTenant(tenantId, { connection }, () =>
        withRoles(tenantId, connection, () => settleOne(tenantId, connection)),
      );
      settled += 1;
    } catch (err) {
      log.warn({ err, tenantId }, 'the provisioning of a tenant could not be completed yet');
    }
  }
  return settled;
}

async function settleOne(tenantId: string, connection: Connection): Promise<void> {
  const provisioning = (await tenants(connection).findById(tenantId).lean())?.provisioning;
  if (provisioning?.due === 'END') await completeEnd(tenantId, connection);
  if (provisioning?.due === 'ROLES') await completeRoles(tenantId, provisioning, connection);
  await settleGroups({ tenantId }, { connection });
}
