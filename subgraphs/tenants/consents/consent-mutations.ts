import type { TenantsDeps } from '../deps.ts';
import type { MutationResolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { deleteConsentSource } from './delete-consent-source.ts';
import { saveConsent } from './save-consent.ts';
import { saveConsentSource } from './save-consent-source.ts';
import { withdrawConsent } from './withdraw-consent.ts';

type Names = 'saveConsent' | 'withdrawConsent' | 'saveConsentSource' | 'deleteConsentSource';

/** The mutations of consents and of what is called for them. */
export function consentMutations(deps: TenantsDeps) {
  return {
    saveConsent: (_root, { input }, context) => saveConsent(input, context, deps),
    withdrawConsent: (_root, { input }, context) => withdrawConsent(input, context, deps),
    saveConsentSource: (_root, { input }, context) => saveConsentSource(input, context, deps),
    deleteConsentSource: (_root, args, context) => deleteConsentSource(args.tenantId, context, deps),
  } satisfies Pick<MutationResolvers<TenantsContext>, Names>;
}
