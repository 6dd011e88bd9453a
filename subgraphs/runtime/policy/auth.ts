import { type Caller, meetsScopes, type Scope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { meetsPolicies, type PolicySets, requiresPolicies } from '#core/policies.ts';

/** What @authenticated, @requiresScopes and @policy on a field, its type and its result's type demand together. */
export interface AuthRule {
  /** "Mutation.createApp", for the messages. */
  readonly coordinate: string;
  /** Each inner list is one way in, all of its scopes needed; every outer list must have one way in. */
  readonly scopeRules: readonly (readonly (readonly string[])[])[];
  /** Each entry is one @policy. */
  readonly policyRules: readonly PolicySets[];
}

/** True where any key may call the field, or any that may invoke models: such a key may be in a page. */
export function isOpenToKeys(rule: AuthRule | undefined): boolean {
  const needsMore = (alternatives: AuthRule['scopeRules'][number]) =>
    alternatives.every((all) => all.some((scope) => scope !== 'inference:invoke'));
  return rule !== undefined && !rule.scopeRules.some(needsMore);
}

const overseeing: readonly string[] = ['audit:read', 'tenants:admin'] satisfies Scope[];

/** True where the field is for those who oversee others: each read of it is noted, whatever tenant it is of. */
export function isForOverseers(rule: AuthRule | undefined): boolean {
  return (
    rule?.scopeRules.some((sets) => sets.every((set) => set.some((scope) => overseeing.includes(scope)))) ??
    false
  );
}

/** Throws UNAUTHENTICATED or FORBIDDEN, naming the field and what it requires. */
export function enforceAuth(rule: AuthRule, caller: Caller): void {
  if (caller.kind === 'ANONYMOUS') {
    throw new HeddleError(
      'UNAUTHENTICATED',
      `${rule.coordinate} needs credentials: send "authorization: Bearer <API key>".`,
    );
  }
  for (const alternatives of rule.scopeRules) {
    if (meetsScopes(caller, alternatives)) continue;
    const wanted = alternatives.map((all) => all.join(' and ')).join(', or ');
    throw new HeddleError(
      'FORBIDDEN',
      `${rule.coordinate} needs the scope ${wanted}: use a key that has it.`,
    );
  }
  if (!rule.policyRules.every((sets) => meetsPolicies(caller, sets))) {
    throw new HeddleError('FORBIDDEN', requiresPolicies(rule.coordinate, rule.policyRules));
  }
}
