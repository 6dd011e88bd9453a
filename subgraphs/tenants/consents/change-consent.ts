import { checkedEndUserId } from '#core/text/label.ts';
import { type ConsentRecord, consents, readConsentExpiry } from '#mongo/consents.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';

/** The end user that an input names. */
export interface StatedEndUser {
  readonly tenantId?: string | null | undefined;
  readonly endUserId: string;
}

/**
 * Changes the consent of an end user while no other does, and makes every process forget what it has read of it. `change` names the target
 * of the audit log, writes, and returns the consent as it is then.
 */
export async function changeConsent(
  stated: StatedEndUser,
  context: TenantsContext,
  deps: TenantsDeps,
  change: (before: ConsentRecord | null, owner: EndUser) => Promise<ConsentRecord>,
): Promise<ConsentRecord> {
  const tenantId = await findTenantId(stated.tenantId, context);
  const endUser = { tenantId, endUserId: checkedEndUserId(stated.endUserId, 'input.endUserId') };
  const { before, after } = await withTenant(tenantId, deps, async () => {
    const before = await consents(deps.connection).findOne(endUser).lean();
    return { before, after: await change(before, endUser) };
  });
  context.audit({
    ...{ tenantId, type: 'Consent', id: after._id },
    ...(before === null ? {} : { before: toAudited(before) }),
    after: toAudited(after),
  });
  await consentsChanged(deps, endUser);
  return after;
}

/** An end user of a tenant. */
export type EndUser = Pick<ConsentRecord, 'tenantId' | 'endUserId'>;

/** Makes every process forget what it has read of the consents of an end user; null: of all end users of the tenant. */
export async function consentsChanged(
  { bus }: Pick<TenantsDeps, 'bus'>,
  endUser: { readonly tenantId: string; readonly endUserId: string | null },
): Promise<void> {
  await bus.publish('consents.changed', endUser);
}

/** What the audit log has of it: not the end user. */
function toAudited(consent: ConsentRecord): object {
  const { purposes, withdrawn, withdrawnAll } = consent;
  return { purposes, expiresAt: readConsentExpiry(consent), withdrawn, withdrawnAll };
}
