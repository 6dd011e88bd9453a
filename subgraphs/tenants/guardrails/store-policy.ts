import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import {
  type GuardrailPolicyContent,
  type GuardrailVersionRecord,
  guardrailPolicies,
  type PresentGuardrailPolicy,
} from '#mongo/guardrail-policies.ts';
import { withLock } from '#mongo/locks.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { toAuditedContent } from './policy-content.ts';
import type { PolicyOwner } from './policy-place.ts';

/** Versions of a policy that are kept, the present one included, and the bytes of their rules. */
export const versionsMax = 100;
const versionsBytesMax = 4_000_000;

/**
 * Stores the content as the next version of the policy. CONFLICT where the owner has as many policies as it may have, or its tenant or app is
 * archived.
 */
export async function storePolicy(
  { _id, tenantId }: PolicyOwner,
  content: GuardrailPolicyContent,
  restored: number | null,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<PresentGuardrailPolicy> {
  await context.auditTarget({ tenantId, type: 'GuardrailPolicy', id: _id });
  const records = guardrailPolicies(deps.connection);
  const { before, after } = await withPolicies(tenantId, content.appId, deps, async () => {
    const before = await records.findById(_id).lean();
    if (before === null) {
      const counted = tenantId === null ? 'guardrailPolicies' : 'guardrailPoliciesPerTenant';
      await requireRoom(deps, counted, () => records.countDocuments({ tenantId }));
    }
    const now = readNow(deps);
    const version = (before?.version ?? 0) + 1;
    const { caller } = context;
    const createdBy = caller.subject ?? `key:${caller.keyId ?? ''}`;
    const after: PresentGuardrailPolicy = {
      ...{ _id, tenantId, ...content, version },
      ...{ createdAt: before?.createdAt ?? now, updatedAt: now },
    };
    const newest = { ...content, version, restored, createdAt: now, createdBy };
    const versions = limitVersions([newest, ...(before?.versions ?? [])]);
    await records.updateOne({ _id }, { $set: { ...after, versions } }, { upsert: true });
    return { before, after };
  });
  context.audit({
    ...{ tenantId, type: 'GuardrailPolicy', id: _id },
    ...(before === null ? {} : { before: toAuditedContent(before) }),
    after: toAuditedContent(after),
  });
  context.loaders.guardrailPolicy.clear(_id);
  await policiesChanged(deps);
  return after;
}

/** As many of the newest as may be kept; at least one. */
function limitVersions(versions: readonly GuardrailVersionRecord[]): readonly GuardrailVersionRecord[] {
  let bytes = 0;
  const isKept = ({ rules }: GuardrailVersionRecord, index: number) => {
    bytes += Buffer.byteLength(JSON.stringify(rules));
    return index === 0 || (index < versionsMax && bytes <= versionsBytesMax);
  };
  const end = versions.findIndex((version, index) => !isKept(version, index));
  return end === -1 ? versions : versions.slice(0, end);
}

/** Runs while no policy of the tenant, or of the mesh, is changed by another, in all processes. */
function withPolicies<T>(
  tenantId: string | null,
  appId: string | null,
  deps: TenantsDeps,
  run: () => Promise<T>,
): Promise<T> {
  return tenantId === null ? withMeshPolicies(deps, run) : withLiveOwner({ tenantId, appId }, deps, run);
}

/** The same for the policies of the mesh. */
export function withMeshPolicies<T>(
  { connection }: Pick<TenantsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, 'guardrail policies of the mesh', run);
}

/** Notifies every catalog; resolves when those of this process have read the policies again. */
export async function policiesChanged({
  bus,
  connection,
}: Pick<TenantsDeps, 'bus' | 'connection'>): Promise<void> {
  await bumpCatalogRevision(connection);
  await bus.publish('catalog.changed', { collection: 'guardrail_policies' });
}
