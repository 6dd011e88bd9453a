import { openEgress } from '#core/egress.ts';
import { badInput } from '#core/input.ts';
import type { PolicyRule } from '#guardrails/pipeline/policy-rule.ts';
import { readEndpoint } from '#guardrails/rules.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';

/** BAD_USER_INPUT where rules send texts to an address that may not be called, or into a region that those of the tenant may not be processed in. */
export async function checkEndpoints(
  rules: readonly Pick<PolicyRule, 'rule' | 'options'>[],
  tenantId: string | null,
  context: TenantsContext,
  { egress = openEgress }: Pick<TenantsDeps, 'egress'>,
): Promise<void> {
  for (const [index, { rule, options }] of rules.entries()) {
    const endpoint = readEndpoint(rule, options);
    if (endpoint === null) continue;
    const field = `input.rules[${index}].options`;
    const refusal = (tenantId === null ? egress : egress.ofTenants).refusalOfEndpoint(new URL(endpoint.url));
    if (refusal !== null) badInput(`${field}.url`, `may not be called: ${refusal}.`);
    const tenant = tenantId === null ? null : await context.loaders.tenant.load(tenantId);
    const allowed = tenant?.allowedRegions ?? null;
    if (allowed !== null && !(endpoint.region !== null && allowed.includes(endpoint.region))) {
      badInput(
        `${field}.region`,
        `must state where texts are processed, in one of the regions of the tenant: ${allowed.join(', ')}.`,
      );
    }
  }
}
