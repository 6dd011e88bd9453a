import type { TenantsDeps } from '../deps.ts';
import type { MutationResolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { decideAccess } from './decide-access.ts';
import { requestAccess } from './request-access.ts';
import { withdrawAccess } from './withdraw-access.ts';

/** The mutations of requests for access. */
export function accessMutations(deps: TenantsDeps) {
  return {
    requestAccess: (_root, args, context) => requestAccess(args.resource, args.reason, context, deps),
    decideAccess: (_root, args, context) => decideAccess(args, context, deps),
    withdrawAccess: (_root, args, context) => withdrawAccess(args.id, context, deps),
  } satisfies Pick<MutationResolvers<TenantsContext>, 'requestAccess' | 'decideAccess' | 'withdrawAccess'>;
}
