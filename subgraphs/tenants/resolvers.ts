import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { decimalOfNanos } from '#core/money.ts';
import { toStoredId } from '#core/node-id.ts';
import { payloadDaysDefault } from '#core/payload-days.ts';
import { firstIssuerId } from '#mongo/issuers.ts';
import { readPayloadRule } from '#mongo/tenants.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { CompleteResolvers } from '../runtime/complete-resolvers.ts';
import { loadReferred, toOwnedList } from '../runtime/loaders.ts';
import { accessMutations } from './access/access-mutations.ts';
import { readStatus } from './access/grant-state.ts';
import { archiveApp } from './apps/archive-app.ts';
import { createApp } from './apps/create-app.ts';
import { restoreApp } from './apps/restore-app.ts';
import { updateApp } from './apps/update-app.ts';
import { consentMutations } from './consents/consent-mutations.ts';
import { consentFields, listConsents } from './consents/list-consents.ts';
import { readNow, type TenantsDeps } from './deps.ts';
import { deleteTrustedDocuments } from './documents/delete-trusted-documents.ts';
import { findTrustedDocument } from './documents/find-trusted-document.ts';
import { listTrustedDocuments } from './documents/list-trusted-documents.ts';
import { saveTrustedDocuments } from './documents/save-trusted-documents.ts';
import { eraseEndUser } from './erasure/erase-end-user.ts';
import { eraseTenant } from './erasure/erase-tenant.ts';
import { findErasure, listErasureCounts, listErasures } from './erasure/list-erasures.ts';
import { findCredentialCaller, type IdentifyServices } from './find-credential-caller.ts';
import type { Resolvers } from './generated.ts';
import { deleteGuardrailPolicy } from './guardrails/delete-guardrail-policy.ts';
import { guardrailResolvers } from './guardrails/field-resolvers.ts';
import { listGuardrailPolicies } from './guardrails/list-guardrail-policies.ts';
import { rollbackGuardrailPolicy } from './guardrails/rollback-guardrail-policy.ts';
import { saveGuardrailPolicy } from './guardrails/save-guardrail-policy.ts';
import { listIssuers } from './identity/list-issuers.ts';
import { deleteIssuer, saveIssuer } from './identity/save-issuer.ts';
import { resendInvitation, revokeInvitation } from './invitations/change-invitation.ts';
import { readInvitationStatus, readMailStatus } from './invitations/invitation-state.ts';
import { inviteMember } from './invitations/invite-member.ts';
import { acceptOffer, beginInvitation } from './invitations/offer-invitation.ts';
import type { InvitationMails } from './invitations/send-invitations.ts';
import { createApiKey } from './keys/create-api-key.ts';
import { createPageToken } from './keys/create-page-token.ts';
import { readOwnerKind } from './keys/key-owner.ts';
import { revokeApiKey, revokeApiKeys } from './keys/revoke-api-key.ts';
import { rotateApiKey } from './keys/rotation/rotate-api-key.ts';
import { updateApiKey } from './keys/update-api-key.ts';
import { legalHoldMutations } from './legal-holds/legal-hold-mutations.ts';
import { listLegalHolds } from './legal-holds/list-legal-holds.ts';
import { assignPlan } from './limits/assign-plan.ts';
import { deleteBudget } from './limits/delete-budget.ts';
import { deletePlan } from './limits/delete-plan.ts';
import { readLimits } from './limits/limit-status.ts';
import { toLimit } from './limits/limits.ts';
import { saveBudget } from './limits/save-budget.ts';
import { savePlan } from './limits/save-plan.ts';
import { readLimitSetter } from './limits/set-limits.ts';
import {
  listAccessGrants,
  listApiKeys,
  listApps,
  listBudgets,
  listInvitations,
  listMembers,
  listPlans,
  listTeams,
  listTenants,
} from './lists.ts';
import type { TenantsContext } from './loaders.ts';
import { setLogLevel } from './log-level/set-log-level.ts';
import { deactivateMember, reactivateMember } from './members/deactivate-member.ts';
import { removeMember } from './members/remove-member.ts';
import { saveMember } from './members/save-member.ts';
import { listFieldPolicies } from './policy/list-field-policies.ts';
import { deleteProvisioning } from './provisioning/delete-provisioning.ts';
import { findMemberGroup, provisioningResolvers } from './provisioning/field-resolvers.ts';
import { deleteMemberGroup } from './provisioning/groups/delete-member-group.ts';
import { saveMemberGroup } from './provisioning/groups/save-member-group.ts';
import { listMemberGroups, listProvisionedMembers } from './provisioning/list-provisioned.ts';
import { provisionMember } from './provisioning/provision-member.ts';
import { findProvisioned, isProvisioned } from './provisioning/provisioned-member.ts';
import { readProvisioning } from './provisioning/read-provisioning.ts';
import { removeProvisionedMember } from './provisioning/remove-provisioned-member.ts';
import { saveProvisioning } from './provisioning/save-provisioning.ts';
import { updateProvisionedMember } from './provisioning/update-provisioned-member.ts';
import { recordRefusals } from './record-refusals.ts';
import { scopesOfKey } from './restrictions/scopes.ts';
import { deleteRole } from './roles/delete-role.ts';
import { listRoles } from './roles/list-roles.ts';
import { saveRole } from './roles/save-role.ts';
import { showRole } from './roles/shown-role.ts';
import { endSession } from './sessions/end-session.ts';
import { startSession } from './sessions/start-session.ts';
import { beginSignIn } from './sign-in/begin-sign-in.ts';
import { CodeFlow } from './sign-in/code-flow.ts';
import { finishSignIn } from './sign-in/finish-sign-in.ts';
import { archiveTeam, restoreTeam } from './teams/archive-team.ts';
import { createTeam } from './teams/create-team.ts';
import { updateTeam } from './teams/update-team.ts';
import { archiveTenant } from './tenants/archive-tenant.ts';
import { shownName } from './tenants/archived-name.ts';
import { createTenant } from './tenants/create-tenant.ts';
import { restoreTenant } from './tenants/restore-tenant.ts';
import { updateTenant } from './tenants/update-tenant.ts';
import { webhookMutations, webhookQueries, webhookResolvers } from './webhooks/webhook-resolvers.ts';

const id = (record: { readonly _id: string }) => record._id;

function requireSystem({ kind }: Caller, act = 'signs people in'): void {
  if (kind !== 'SYSTEM') throw new HeddleError('FORBIDDEN', `Only the mesh itself ${act}.`);
}

export function tenantsResolvers(
  deps: TenantsDeps,
  { mails, ...services }: IdentifyServices & { readonly mails: InvitationMails },
): CompleteResolvers<Resolvers<TenantsContext>> {
  const { connection } = deps;
  const codeFlow = new CodeFlow(deps, services.issuerKeys);
  return {
    ...scalarResolvers,
    Query: {
      me: (_root, _args, { caller }) => caller,
      tenant: (_root, args, { caller, loaders }) => {
        const tenantId = args.id ?? caller.tenantId;
        return tenantId === null ? null : loaders.tenant.load(tenantId);
      },
      tenants: (_root, args) => listTenants(args, connection),
      plans: (_root, args) => listPlans(args, connection),
      plan: (_root, args, { loaders }) => loaders.plan.load(args.id),
      teams: (_root, args, context) => listTeams(args, context, connection),
      team: (_root, args, { loaders }) => loaders.team.load(args.id),
      apps: (_root, args, context) => listApps(args, context, connection),
      app: (_root, args, { loaders }) => loaders.app.load(args.id),
      apiKeys: (_root, args, context) => listApiKeys(args, context, deps),
      apiKey: (_root, args, { loaders }) => loaders.apiKey.load(args.id),
      members: (_root, args, context) => listMembers(args, context, connection),
      member: (_root, args, { loaders }) => loaders.member.load(args.id),
      provisionedMembers: (_root, args, context) => listProvisionedMembers(args, context, connection),
      provisionedMember: (_root, args, context) => findProvisioned(args.id, context),
      memberGroups: (_root, args, context) => listMemberGroups(args, context, connection),
      memberGroup: (_root, args, context) => findMemberGroup(args.id, context),
      policy: (_root, args, context) => listFieldPolicies(args, context, deps),
      invitations: (_root, args, context) => listInvitations(args, context, deps),
      erasures: (_root, args, context) => listErasures(args, context, connection),
      erasure: (_root, args, context) => findErasure(args.id, context, connection),
      legalHolds: (_root, args, context) => listLegalHolds(args, context, connection),
      roles: (_root, args, context) => listRoles(args, context, deps),
      guardrailPolicies: (_root, args, context) => listGuardrailPolicies(args.tenantId, context, deps),
      ...webhookQueries(deps),
      consents: (_root, args, context) => listConsents(args, context, connection),
      guardrailPolicy: (_root, args, { loaders }) =>
        loaders.guardrailPolicy.load(toStoredId('GuardrailPolicy', args.id)),
      budgets: (_root, args, context) => listBudgets(args, context, connection),
      budget: (_root, args, { loaders }) => loaders.budget.load(args.id),
      accessGrants: (_root, args, context) => listAccessGrants(args, context, deps),
      issuers: (_root, args) => listIssuers(args, connection),
      trustedDocuments: (_root, args, context) => listTrustedDocuments(args, context, connection),
      _trustedDocument: (_root, args, { caller }) => {
        requireSystem(caller, 'looks up documents');
        return findTrustedDocument(args.tenantId ?? null, args.name, connection);
      },
      _caller: (_root, args, { caller, clientAddress }) => {
        requireSystem(caller, 'looks up callers');
        return findCredentialCaller(args, clientAddress, services, deps);
      },
    },
    Mutation: {
      _audit: (_root, args, { caller }) => {
        requireSystem(caller, 'writes to the audit log');
        return recordRefusals(args, deps);
      },
      _startSession: (_root, _args, context) => startSession(context, deps),
      _beginSignIn: (_root, args, { caller }) => {
        requireSystem(caller);
        return beginSignIn(args, codeFlow, deps);
      },
      _finishSignIn: (_root, args, context) => {
        requireSystem(context.caller);
        return finishSignIn(args, codeFlow, context, deps);
      },
      _beginInvitation: (_root, { invitationSecret: secret, redirectUri }, { caller }) => {
        requireSystem(caller);
        return beginInvitation({ secret, redirectUri }, codeFlow, deps);
      },
      _acceptInvitation: (_root, args, context) => {
        requireSystem(context.caller);
        return acceptOffer(args.stateSecret, context, deps);
      },
      _endSession: (_root, args, context) => endSession(args.everywhere, context, codeFlow, deps),
      createTenant: (_root, { input }, context) => createTenant(input, context, deps),
      archiveTenant: (_root, args, context) => archiveTenant(args.id, context, deps),
      restoreTenant: (_root, args, context) => restoreTenant(args.id, context, deps),
      updateTenant: (_root, args, context) => updateTenant(args.id, args.input, context, deps),
      eraseTenant: (_root, { input }, context) => eraseTenant(input, context, deps),
      eraseEndUser: (_root, { input }, context) => eraseEndUser(input, context, deps),
      ...legalHoldMutations(deps),
      createTeam: (_root, { input }, context) => createTeam(input, context, deps),
      updateTeam: (_root, args, context) => updateTeam(args.id, args.input, context, deps),
      archiveTeam: (_root, args, context) => archiveTeam(args.id, context, deps),
      restoreTeam: (_root, args, context) => restoreTeam(args.id, context, deps),
      createApp: (_root, { input }, context) => createApp(input, context, deps),
      archiveApp: (_root, args, context) => archiveApp(args.id, context, deps),
      restoreApp: (_root, args, context) => restoreApp(args.id, context, deps),
      updateApp: (_root, args, context) => updateApp(args.id, args.input, context, deps),
      createApiKey: (_root, { input }, context) => createApiKey(input, context, deps),
      updateApiKey: (_root, args, context) => updateApiKey(args.id, args.input, context, deps),
      createPageToken: (_root, { input }, context) => createPageToken(input, context, deps),
      rotateApiKey: (_root, args, context) => rotateApiKey(args.id, args.overlapSeconds, context, deps),
      revokeApiKey: (_root, args, context) => revokeApiKey(args.id, context, deps),
      revokeApiKeys: (_root, args, context) => revokeApiKeys(args.filter, context, deps),
      saveMember: (_root, { input }, context) => saveMember(input, context, deps),
      removeMember: (_root, args, context) => removeMember(args, context, deps),
      deactivateMember: (_root, args, context) => deactivateMember(args, context, deps),
      reactivateMember: (_root, args, context) => reactivateMember(args.id, context, deps),
      saveProvisioning: (_root, { input }, context) => saveProvisioning(input, context, deps),
      deleteProvisioning: (_root, args, context) => deleteProvisioning(args.tenantId, context, deps),
      provisionMember: (_root, { input }, context) => provisionMember(input, context, deps),
      updateProvisionedMember: (_root, args, context) => updateProvisionedMember(args, context, deps),
      removeProvisionedMember: (_root, args, context) => removeProvisionedMember(args, context, deps),
      saveMemberGroup: (_root, { input }, context) => saveMemberGroup(input, context, deps),
      deleteMemberGroup: (_root, args, context) => deleteMemberGroup(args, context, deps),
      inviteMember: async (_root, { input }, context) => {
        const created = await inviteMember(input, context, deps);
        mails.wake();
        return created;
      },
      resendInvitation: async (_root, args, context) => {
        const created = await resendInvitation(args, context, deps);
        mails.wake();
        return created;
      },
      revokeInvitation: (_root, args, context) => revokeInvitation(args.id, context, deps),
      saveRole: async (_root, { input }, context) => showRole(await saveRole(input, context, deps)),
      deleteRole: (_root, args, context) => deleteRole(args, context, deps),
      savePlan: (_root, { input }, context) => savePlan(input, context, deps),
      deletePlan: (_root, args, context) => deletePlan(args.id, context, deps),
      assignPlan: (_root, args, context) => assignPlan(args.tenantId, args.planId, context, deps),
      saveIssuer: (_root, { input }, context) => saveIssuer(input, context, deps),
      deleteIssuer: (_root, args, context) => deleteIssuer(args.id, context, deps),
      saveGuardrailPolicy: (_root, { input }, context) => saveGuardrailPolicy(input, context, deps),
      rollbackGuardrailPolicy: (_root, args, context) => rollbackGuardrailPolicy(args, context, deps),
      deleteGuardrailPolicy: (_root, args, context) => deleteGuardrailPolicy(args.id, context, deps),
      ...consentMutations(deps),
      ...webhookMutations(deps),
      saveBudget: (_root, { input }, context) => saveBudget(input, context, deps),
      deleteBudget: (_root, args, context) => deleteBudget(args.id, context, deps),
      saveTrustedDocuments: (_root, { input }, context) => saveTrustedDocuments(input, context, deps),
      deleteTrustedDocuments: async (_root, args, context) => [
        ...(await deleteTrustedDocuments(args.ids, context, deps)),
      ],
      ...accessMutations(deps),
      setLogLevel: (_root, { input }, context) => setLogLevel(input, context, deps),
    },
    Caller: {
      tenant: (caller, _args, { loaders }) =>
        caller.tenantId === null ? null : loaders.tenant.load(caller.tenantId),
      app: (caller, _args, { loaders }) => (caller.appId === null ? null : loaders.app.load(caller.appId)),
      limits: (caller) => readLimits(caller, deps),
    },
    Tenant: {
      id,
      name: (tenant) => shownName(tenant),
      onRevoke: (tenant) => tenant.onRevoke ?? 'END',
      payloadLogging: (tenant) => readPayloadRule(tenant),
      payloadDays: (tenant) => tenant.payloadDays ?? payloadDaysDefault,
      plan: (tenant, _args, { loaders }) => loadReferred(loaders.plan, tenant.planId),
      provisioning: (tenant) => readProvisioning(tenant),
      apps: (tenant, args, { loaders }) => loaders.appsOfTenant.load(toOwnedList(tenant, args)),
      members: (tenant, args, { loaders }) => loaders.membersOfTenant.load(toOwnedList(tenant, args)),
      budgets: (tenant, args, { loaders }) =>
        (tenant.archivedAt == null ? loaders.budgetsOfTenant : loaders.budgetsOfArchivedTenant).load(
          toOwnedList(tenant, args),
        ),
      __resolveReference: (ref, { loaders }) => loaders.tenant.load(ref.id),
    },
    Team: {
      id,
      name: (team) => shownName(team),
      tenant: (team, _args, { loaders }) => loadReferred(loaders.tenant, team.tenantId),
      apps: (team, args, { loaders }) => loaders.appsOfTeam.load(toOwnedList(team, args)),
      limits: (team) => team.limits.map(toLimit),
      __resolveReference: (ref, { loaders }) => loaders.team.load(ref.id),
    },
    App: {
      id,
      team: (app, _args, { loaders }) => (app.teamId == null ? null : loaders.team.load(app.teamId)),
      name: (app) => shownName(app),
      tenant: (app, _args, { loaders }) => loadReferred(loaders.tenant, app.tenantId),
      keys: (app, args, { loaders }) => loaders.keysOfApp.load(toOwnedList(app, args)),
      apiKeys: (app, args, context) =>
        listApiKeys(
          { ...args, filter: { archived: app.hidden === true, ...args.filter, appId: app._id } },
          context,
          deps,
        ),
      limits: (app) => app.limits.map(toLimit),
      __resolveReference: (ref, { loaders }) => loaders.app.load(ref.id),
    },
    ...guardrailResolvers(deps),
    ...webhookResolvers,
    TrustedDocument: { id },
    ApiKey: {
      id,
      app: (key, _args, { loaders }) => loadReferred(loaders.app, key.appId),
      owner: (key) => key,
      scopes: scopesOfKey,
      rotationDueAt: ({ replacedById, rotationDueAt }) =>
        (replacedById === null ? rotationDueAt : null) ?? null,
      limits: (key) => key.limits.map(toLimit),
      budgets: (key, _args, { loaders }) => loaders.budgetsOfKeyLine.load(key.lineId),
      __resolveReference: (ref, { loaders }) => loaders.apiKey.load(ref.id),
    },
    ApiKeyOwner: {
      kind: readOwnerKind,
      member: ({ ownerMemberId }, _args, { loaders }) =>
        ownerMemberId == null ? null : loaders.member.load(ownerMemberId),
      service: ({ service }) => service ?? null,
    },
    Member: {
      id,
      issuerId: ({ issuerId }) => issuerId ?? firstIssuerId,
      provisioned: (member) => (isProvisioned(member) ? member : null),
      keys: (member, args, context) =>
        listApiKeys({ ...args, filter: { ...args.filter, ownerMemberId: member._id } }, context, deps),
      keysMade: (member, args, context) =>
        listApiKeys({ ...args, filter: { ...args.filter, madeByMemberId: member._id } }, context, deps),
      tenant: (member, _args, { loaders }) => loadReferred(loaders.tenant, member.tenantId),
      __resolveReference: (ref, { loaders }) => loaders.member.load(ref.id),
    },
    ...provisioningResolvers(deps),
    Invitation: {
      id,
      tenant: (invitation, _args, { loaders }) => loadReferred(loaders.tenant, invitation.tenantId),
      status: (invitation) => readInvitationStatus(invitation, readNow(deps)),
      mail: readMailStatus,
      member: ({ memberId }, _args, { loaders }) =>
        memberId === null ? null : loaders.member.load(memberId),
    },
    Erasure: {
      id,
      step: (erasure) => (erasure.status === 'FINISHED' ? null : erasure.step),
      waitsUntil: ({ status, dueAt }) => (status === 'RUNNING' && dueAt > readNow(deps) ? dueAt : null),
      counts: listErasureCounts,
    },
    LegalHold: { id },
    Consent: consentFields,
    Issuer: { id },
    IssuerSignIn: { hasClientSecret: (signIn) => signIn.clientSecret !== null },
    IssuerRule: {
      tenant: (rule, _args, { loaders }) =>
        rule.tenantId === null ? null : loaders.tenant.load(rule.tenantId),
      app: (rule, _args, { loaders }) => (rule.appId === null ? null : loaders.app.load(rule.appId)),
    },
    Role: {
      tenant: (role, _args, { loaders }) =>
        role.tenantId === null ? null : loaders.tenant.load(role.tenantId),
    },
    Plan: {
      id,
      limits: (plan) => plan.limits.map(toLimit),
      requiresApproval: ({ requiresApproval }) => requiresApproval ?? false,
      __resolveReference: (ref, { loaders }) => loaders.plan.load(ref.id),
    },
    Budget: {
      id,
      amount: (budget) => decimalOfNanos(budget.amountNanos),
      spent: async (budget, _args, { loaders }) =>
        decimalOfNanos((await loaders.spending.load(budget)).spent),
      reserved: async (budget, _args, { loaders }) =>
        decimalOfNanos((await loaders.spending.load(budget)).reserved),
      setBy: (budget) => readLimitSetter(budget),
      team: (budget, _args, { loaders }) => (budget.teamId == null ? null : loaders.team.load(budget.teamId)),
      key: (budget, _args, { loaders }) =>
        budget.keyLineId == null ? null : loaders.keyOfLine.load(budget.keyLineId),
      app: (budget, _args, { loaders }) => (budget.appId === null ? null : loaders.app.load(budget.appId)),
      __resolveReference: (ref, { loaders }) => loaders.budget.load(ref.id),
    },
    AccessGrant: {
      id,
      app: (grant, _args, { loaders }) => loadReferred(loaders.app, grant.appId),
      status: (grant) => readStatus(grant, readNow(deps)),
      requestedAt: ({ requestedAt, createdAt }) => requestedAt ?? createdAt,
      __resolveReference: (ref, { loaders }) => loaders.accessGrant.load(ref.id),
    },
  };
}
