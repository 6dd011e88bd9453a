import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';

/** What @authenticated and @requiresScopes on a field, its type and its result's type demand together. */
export interface AuthRule {
  /** "Mutation.createApp", for the messages. */
  readonly coordinate: string;
  /** Each inner list is one way in, all of its scopes needed; every outer list must have one way in. */
  readonly scopeRules: readonly (readonly (readonly string[])[])[];
}

/** True where any key may call the field, or any that may invoke models: such a key may be in a page. */
export function isOpenToKeys(rule: AuthRule | undefined): boolean {
  const needsMore = (alternatives: AuthRule['scopeRules'][number]) =>
    alternatives.every((all) => all.some((scope) => scope !== 'inference:invoke'));
  return rule !== undefined && !rule.scopeRules.some(needsMore);
}

/** Throws UNAUTHENTICATED or FORBIDDEN, naming the field and the scopes it wants. */
export function enforceAuth(rule: AuthRule, caller: Caller): void {
  if (caller.kind === 'ANONYMOUS') {
    throw new HeddleError(
      'UNAUTHENTICATED',
      `${rule.coordinate} needs credentials: send "authorization: Bearer <API key>".`,
    );
  }
  for (const alternatives of rule.scopeRules) {
    if (alternatives.some((all) => all.every((scope) => caller.scopes.includes(scope)))) continue;
    const wanted = alternatives.map((all) => all.join(' and ')).join(', or ');
    throw new HeddleError('FORBIDDEN', `${rule.coordinate} needs the scope ${wanted}.`);
  }
}
