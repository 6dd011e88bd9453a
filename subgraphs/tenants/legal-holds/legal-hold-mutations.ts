import type { TenantsDeps } from '../deps.ts';
import type { MutationResolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { releaseLegalHold } from './release-legal-hold.ts';
import { saveLegalHold } from './save-legal-hold.ts';

/** The mutations of legal holds. */
export function legalHoldMutations(deps: TenantsDeps) {
  return {
    saveLegalHold: (_root, { input }, context) => saveLegalHold(input, context, deps),
    releaseLegalHold: (_root, { id }, context) => releaseLegalHold(id, context, deps),
  } satisfies Pick<MutationResolvers<TenantsContext>, 'saveLegalHold' | 'releaseLegalHold'>;
}
