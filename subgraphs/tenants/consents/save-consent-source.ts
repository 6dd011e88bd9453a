import { openEgress } from '#core/egress.ts';
import { createOverloadedError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { isWebhookSecret } from '#core/webhooks/signature.ts';
import { checkedForm } from '#guardrails/checked-form.ts';
import { endpointOptions } from '#guardrails/rules/webhook/options.ts';
import { sealConsentSourceSecret } from '#mongo/consent-source-secret.ts';
import { type ConsentSourceRecord, tenants } from '#mongo/tenants.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { SaveConsentSourceInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { consentsChanged } from './change-consent.ts';

const timeoutMsRange = { min: 50, max: 10_000, default: 2_000 };

/**
 * Saves the consent platform of a tenant, in the place of another. A secret that is left out stays, at the same address. BAD_USER_INPUT names the field of what is
 * wrong; CONFLICT where the tenant is archived; OVERLOADED where nothing can be sealed.
 */
export async function saveConsentSource(
  input: SaveConsentSourceInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ConsentSourceRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const stated = checkedSource(input, deps);
  const { secret } = input;
  if (secret != null && !isWebhookSecret(secret)) {
    badInput('input.secret', 'must be whsec_ and 24 to 64 bytes in base64.');
  }
  const target = { tenantId, type: 'ConsentSource', id: tenantId };
  const records = tenants(deps.connection);
  const { before, after } = await withLiveOwner({ tenantId }, deps, async () => {
    const tenant = await records.findById(tenantId, { allowedRegions: 1, consentSource: 1 }).lean();
    requireRegion(stated.region, tenant?.allowedRegions ?? null);
    const before = tenant?.consentSource ?? null;
    const kept = before?.url === stated.url ? before.secret : undefined;
    if (secret == null && kept === undefined) {
      badInput('input.secret', 'must be stated: none is stored for this address.');
    }
    await context.auditTarget(target);
    const sealed = secret == null ? kept : await seal(secret, { tenantId, url: stated.url }, deps);
    const after = { ...stated, secret: sealed ?? '', updatedAt: readNow(deps) };
    await records.updateOne({ _id: tenantId }, { $set: { consentSource: after } });
    return { before, after };
  });
  context.audit({
    ...target,
    ...(before === null ? {} : { before: toAuditedSource(before) }),
    after: { ...toAuditedSource(after), secretChanged: secret != null },
  });
  context.loaders.tenant.clear(tenantId);
  await consentsChanged(deps, { tenantId, endUserId: null });
  return after;
}

/** What the audit log has of it: not the secret. */
export function toAuditedSource({ url, region, timeoutMs }: ConsentSourceRecord): object {
  return { url, region, timeoutMs };
}

function checkedSource(
  { url, region, timeoutMs }: SaveConsentSourceInput,
  { egress = openEgress }: Pick<TenantsDeps, 'egress'>,
): Pick<ConsentSourceRecord, 'url' | 'region' | 'timeoutMs'> {
  const read = checkedForm(endpointOptions, { url, region: region ?? null }, 'input');
  const refusal = egress.ofTenants.refusalOfEndpoint(new URL(url));
  if (refusal !== null) badInput('input.url', `may not be called: ${refusal}.`);
  const ms = timeoutMs ?? timeoutMsRange.default;
  if (ms < timeoutMsRange.min || ms > timeoutMsRange.max) {
    badInput('input.timeoutMs', `must be ${timeoutMsRange.min} to ${timeoutMsRange.max}.`);
  }
  return { ...read, timeoutMs: ms };
}

function requireRegion(region: string | null, allowed: readonly string[] | null): void {
  if (allowed === null || (region !== null && allowed.includes(region))) return;
  badInput(
    'input.region',
    `must state where the platform processes what it receives, in one of the regions of the tenant: ${allowed.join(', ')}.`,
  );
}

function seal(
  secret: string,
  place: { readonly tenantId: string; readonly url: string },
  { secrets }: Pick<TenantsDeps, 'secrets'>,
): Promise<string> {
  if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
  return sealConsentSourceSecret(secret, place, secrets);
}
