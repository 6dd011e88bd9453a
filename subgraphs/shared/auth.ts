import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';

/** What @authenticated and @requiresScopes on a field, its type and its result's type demand together. */
export interface AuthRule {
  /** "Mutation.createApp", for the messages. */
  readonly coordinate: string;
  /** Each inner list is one way in, all of its scopes needed; every outer list must have one way in. */
  readonly scopeRules: readonly (readonly (readonly string[])[])[];
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
