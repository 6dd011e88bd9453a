import { meetsScopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { meetsPolicies, requiresPolicies } from '#core/policies.ts';
import { requiresAuthentication, requiresScopes } from '#core/refusal-words.ts';
import { readSupergraph } from '#schema/compose.ts';
import { type FieldRequirement, readFieldRequirements } from '#schema/field-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { FieldPolicy, QueryPolicyArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { findHolder, type Holder } from './find-holder.ts';

let requirements: readonly FieldRequirement[] | undefined;

/** What the supergraph requires of each field; read once for the process, when it is first wanted. */
function readRequirements(): readonly FieldRequirement[] {
  if (requirements === undefined) {
    const supergraph = readSupergraph();
    if (supergraph === undefined) throw new HeddleError('INTERNAL', 'The supergraph was never composed.');
    requirements = readFieldRequirements(supergraph);
  }
  return requirements;
}

/** What each field of the schema requires, and whether the holder may select it. */
export async function listFieldPolicies(
  named: QueryPolicyArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<FieldPolicy[]> {
  const holder = await findHolder(named, context, deps);
  return readRequirements().map((requirement) => toFieldPolicy(requirement, holder));
}

function toFieldPolicy(requirement: FieldRequirement, holder: Holder): FieldPolicy {
  const reason = findReason(requirement, holder);
  return {
    coordinate: requirement.coordinate,
    authenticated: requirement.authenticated,
    scopes: requirement.scopes.map((set) => [...set]),
    policies: requirement.policies.map((set) => [...set]),
    meters: [...requirement.meters],
    audited: requirement.audited,
    guarded: requirement.guarded,
    allowed: reason === null,
    reason,
  };
}

/** Why the field is refused, as the gateway words it; null: it is allowed. */
function findReason(requirement: FieldRequirement, holder: Holder): string | null {
  const { coordinate, authenticated, demands, policyDemands } = requirement;
  if (holder.problem !== null) return holder.problem;
  if (!authenticated) return null;
  if (holder.isAnonymous) return requiresAuthentication(coordinate);
  if (!demands.every((sets) => meetsScopes(holder, sets))) return requiresScopes(coordinate, demands);
  return policyDemands.every((sets) => meetsPolicies(holder, sets))
    ? null
    : requiresPolicies(coordinate, policyDemands);
}
