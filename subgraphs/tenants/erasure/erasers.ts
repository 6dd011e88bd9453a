import type { Connection } from 'mongoose';
import { accessGrants } from '#mongo/access-grants.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { type AuditErasing, createAuditEraser } from '#mongo/audit/erase.ts';
import { budgets } from '#mongo/budgets.ts';
import { consents } from '#mongo/consents.ts';
import {
  type Eraser,
  type Erasers,
  type ErasureSubject,
  eraseByDeleting,
  readEndUserId,
} from '#mongo/eraser.ts';
import { createEventEraser } from '#mongo/events.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { invitations } from '#mongo/invitations.ts';
import { issuers } from '#mongo/issuers.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { memberGroups } from '#mongo/member-groups.ts';
import { members } from '#mongo/members.ts';
import { pageTokens } from '#mongo/page-tokens.ts';
import { roles } from '#mongo/roles.ts';
import { sessions } from '#mongo/sessions.ts';
import { teams } from '#mongo/teams.ts';
import { destroyTenantKey } from '#mongo/tenant-keys.ts';
import { tenants } from '#mongo/tenants.ts';
import { trustedDocuments } from '#mongo/trusted-documents.ts';
import { consentsChanged } from '../consents/change-consent.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import { documentsChanged } from '../documents/documents-changed.ts';
import { policiesChanged } from '../guardrails/store-policy.ts';
import { type Claims, readText } from '../identity/claims.ts';
import { storeArchived } from '../tenants/archive-tenant.ts';
import { storedArchivedName } from '../tenants/archived-name.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { createDeliveryEraser, createWebhookEraser } from '../webhooks/erase-webhooks.ts';
import { eraseOwnIssuers } from './erase-own-issuers.ts';

/** What the steps need. */
export type ErasingDeps = Pick<TenantsDeps, 'connection' | 'bus' | 'audit'> & Pick<AuditErasing, 'secrets'>;

/** The steps of erasures in the collections of this part, in the audit log, and among the events. */
export function createTenantsErasers(deps: ErasingDeps): Erasers {
  return { TENANT: createTenantErasers(deps), END_USER: createEndUserErasers(deps) };
}

/** What a process remembers of the callers ends with their records. */
const forgettingCallers = (deps: ErasingDeps, eraser: Eraser): Eraser => ({
  ...eraser,
  finish: ({ tenantId }) => callersChanged(deps, tenantId),
});

function createEndUserErasers(deps: ErasingDeps): Erasers['END_USER'] {
  const { connection } = deps;
  const ofEndUser = (subject: ErasureSubject) => ({
    tenantId: subject.tenantId,
    endUserId: readEndUserId(subject),
  });
  return {
    consents: {
      ...eraseByDeleting(connection, consents, ofEndUser),
      finish: (subject) => consentsChanged(deps, ofEndUser(subject)),
    },
    pageTokens: forgettingCallers(deps, eraseByDeleting(connection, pageTokens, ofEndUser)),
    sessions: forgettingCallers(deps, eraseSessionsOfEndUser(connection)),
  };
}

function createTenantErasers(deps: ErasingDeps): Erasers['TENANT'] {
  const { connection } = deps;
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId });
  const below = {
    access_grants: accessGrants,
    member_groups: memberGroups,
    legal_holds: legalHolds,
    ...{ apps, budgets, invitations, members, roles, teams },
  };
  return {
    ...Object.fromEntries(
      Object.entries(below).map(([name, collection]) => [
        name,
        eraseByDeleting(connection, collection, ofTenant),
      ]),
    ),
    api_keys: archivingFirst(deps, forgettingCallers(deps, eraseByDeleting(connection, apiKeys, ofTenant))),
    pageTokens: forgettingCallers(deps, eraseByDeleting(connection, pageTokens, ofTenant)),
    sessions: forgettingCallers(deps, eraseByDeleting(connection, sessions, ofTenant)),
    trustedDocuments: {
      ...eraseByDeleting(connection, trustedDocuments, ofTenant),
      finish: ({ tenantId }) => documentsChanged(deps, tenantId),
    },
    guardrail_policies: {
      ...eraseByDeleting(connection, guardrailPolicies, ofTenant),
      finish: () => policiesChanged(deps),
    },
    consents: {
      ...eraseByDeleting(connection, consents, ofTenant),
      finish: ({ tenantId }) => consentsChanged(deps, { tenantId, endUserId: null }),
    },
    issuers: { ...eraseOwnIssuers(connection), finish: () => callersChanged(deps, null) },
    webhooks: createWebhookEraser(connection),
    events: createEventEraser(connection),
    webhook_deliveries: createDeliveryEraser(connection),
    audit_log: createAuditEraser(connection, deps),
    tenants: eraseTenantRecord(deps),
    tenant_keys: {
      find: async () => ({ found: {}, next: null }),
      erase: async () => undefined,
      finish: async ({ tenantId }) => void (await destroyTenantKey(connection, tenantId)),
    },
  };
}

/** Archives the tenant where the process that requested the erasure died before it did. */
function archivingFirst(deps: ErasingDeps, eraser: Eraser): Eraser {
  const records = tenants(deps.connection);
  return {
    ...eraser,
    async find(subject, after, max) {
      const { tenantId } = subject;
      if ((await records.exists({ _id: tenantId, archivedAt: null })) !== null) {
        await withTenant(tenantId, deps, async () => {
          const tenant = await records.findById(tenantId).lean();
          if (tenant !== null && tenant.archivedAt == null) await storeArchived(tenant, deps);
        });
        await callersChanged(deps, tenantId);
      }
      return eraser.find(subject, after, max);
    },
  };
}

/** What stays of a tenant: its id, so that no other has it. */
function eraseTenantRecord(deps: ErasingDeps): Eraser {
  const records = tenants(deps.connection);
  return {
    async find({ tenantId: _id }) {
      const left = await records.exists({ _id, erasedAt: null });
      return { found: { tenants: left === null ? [] : [_id] }, next: null };
    },
    async erase({ tenantId: _id, requestedAt }) {
      const name = storedArchivedName({ _id, name: erasedTenantName });
      const nothing = {
        allowedRegions: null,
        cacheScope: null,
        payloadLogging: 'NONE',
        cacheByDefault: false,
      };
      await records.updateOne(
        { _id },
        {
          $set: { ...nothing, name, erasedAt: requestedAt },
          $unset: {
            hasPayloadRule: 1,
            payloadDays: 1,
            onRevoke: 1,
            marksDue: 1,
            provisioning: 1,
            departures: 1,
            consentSource: 1,
          },
        },
      );
    },
    finish: async ({ tenantId }) => {
      await callersChanged(deps, tenantId);
      await consentsChanged(deps, { tenantId, endUserId: null });
    },
  };
}

/** The name that an erased tenant is shown with. */
const erasedTenantName = '[erased]';

const endUserIdMax = 256;

/** Browser sessions of a person whose issuer states the end user. */
function eraseSessionsOfEndUser(connection: Connection): Eraser {
  const records = sessions(connection);
  return {
    async find(subject, after, max) {
      const { tenantId } = subject;
      const endUserId = readEndUserId(subject);
      const stating = await issuers(connection)
        .find({ 'claims.endUser': { $ne: null } }, { claims: 1 })
        .lean();
      const paths = new Map(stating.map(({ _id, claims }) => [_id, claims.endUser]));
      const found = await records
        .find(
          {
            ...{ tenantId, issuerId: { $in: [...paths.keys()] }, claims: { $ne: null } },
            ...(after === null ? {} : { _id: { $gt: after } }),
          },
          { issuerId: 1, claims: 1 },
        )
        .sort({ _id: 1 })
        .limit(max)
        .lean();
      const ofEndUser = found.filter(({ issuerId, claims }) => {
        const path = paths.get(issuerId ?? '') ?? null;
        return claims !== null && readText(JSON.parse(claims) as Claims, path, endUserIdMax) === endUserId;
      });
      const next = found.length < max ? null : (found.at(-1)?._id ?? null);
      return { found: { sessions: ofEndUser.map(({ _id }) => _id) }, next };
    },
    async erase(_subject, found) {
      await records.deleteMany({ _id: { $in: [...(found.sessions ?? [])] } });
    },
  };
}
