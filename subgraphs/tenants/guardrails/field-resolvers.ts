import { toNodeId, toStoredId } from '#core/node-id.ts';
import { toCallName } from '#core/owned-id.ts';
import type { TenantsDeps } from '../deps.ts';
import type { Resolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { listPolicyVersions } from './list-guardrail-policies.ts';
import { readOptions } from './rule-secrets.ts';

/** The fields of guardrail policies. */
export function guardrailResolvers(deps: TenantsDeps) {
  return {
    GuardrailPolicy: {
      id: ({ _id }) => toNodeId('GuardrailPolicy', _id),
      name: ({ _id }) => toCallName(_id),
      app: ({ appId }, _args, { loaders }) => (appId === null ? null : loaders.app.load(appId)),
      versions: (policy, args) => listPolicyVersions(policy, args, deps),
      __resolveReference: (ref, { loaders }) =>
        loaders.guardrailPolicy.load(toStoredId('GuardrailPolicy', ref.id)),
    },
    GuardrailRule: { options: readOptions },
  } satisfies Resolvers<TenantsContext>;
}
