import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import { keepApplyingActions } from './alert-actions/apply-actions.ts';
import type { TenantsDeps } from './deps.ts';
import { hideSecretOptions } from './guardrails/rule-secrets.ts';
import { IssuerKeys } from './identity/issuer-keys.ts';
import { keepSendingInvitations } from './invitations/send-invitations.ts';
import { EndedKeys } from './keys/key-misuse.ts';
import { KeyUsage } from './keys/key-usage.ts';
import { createTenantsLoaders, type TenantsLoaders } from './loaders.ts';
import { keepReportingDates } from './report-dates.ts';
import { tenantsResolvers } from './resolvers.ts';
import { hideWebhookUrl } from './webhooks/webhook-content.ts';

/** Tenants, apps, keys, members, plans, budgets and access: who calls, and within which bounds. */
export function createTenantsSubgraph(deps: TenantsDeps): Subgraph {
  const usage = new KeyUsage(deps);
  const endedKeys = new EndedKeys(deps);
  const reporting = keepReportingDates(deps);
  const mails = keepSendingInvitations(deps);
  const applying = keepApplyingActions(deps);
  return createSubgraph<TenantsLoaders>({
    name: 'tenants',
    typeDefs: loadSubgraphSdl('tenants'),
    services: deps,
    auditedArguments: { 'guardrailPolicy.save': hideSecretOptions, 'webhook.save': hideWebhookUrl },
    createLoaders: (context) => createTenantsLoaders(context, deps),
    resolvers: tenantsResolvers(deps, { usage, endedKeys, mails, issuerKeys: new IssuerKeys(deps) }),
    close: async () => {
      await reporting[Symbol.asyncDispose]();
      await mails[Symbol.asyncDispose]();
      await applying[Symbol.asyncDispose]();
      await usage.settled();
      await endedKeys[Symbol.asyncDispose]();
    },
  });
}
