import type { Connection, Model } from 'mongoose';
import type { Offer } from '#core/offers.ts';
import { accessGrants } from './access-grants.ts';
import { alerts } from './alerts.ts';
import { apiKeys } from './api-keys.ts';
import { apps } from './apps.ts';
import { auditLog } from './audit/log.ts';
import { budgets } from './budgets.ts';
import { guardrailPolicies } from './guardrail-policies.ts';
import { invocations } from './invocations.ts';
import { members } from './members.ts';
import { models } from './models.ts';
import { plans } from './plans.ts';
import { promptVersions } from './prompt-versions.ts';
import { prompts } from './prompts.ts';
import { providerCredentials } from './provider-credentials.ts';
import { providers } from './providers.ts';
import { routes } from './routes.ts';
import { teams } from './teams.ts';
import { tenants } from './tenants.ts';

/** Where the records of each type with a global id are kept. A completion is found by its row in the ledger. */
const collections = {
  AccessGrant: accessGrants,
  Alert: alerts,
  ApiKey: apiKeys,
  App: apps,
  AuditRecord: auditLog,
  Budget: budgets,
  Completion: invocations,
  GuardrailPolicy: guardrailPolicies,
  Invocation: invocations,
  Member: members,
  Model: models,
  Plan: plans,
  Prompt: prompts,
  PromptVersion: promptVersions,
  Provider: providers,
  ProviderCredential: providerCredentials,
  Route: routes,
  Team: teams,
  Tenant: tenants,
};

/** A type of records with an id of their own in the whole graph. */
export type NodeType = keyof typeof collections;

export const nodeTypes = Object.keys(collections) as readonly NodeType[];

/** What is stored under an id. */
export interface NodeRecord {
  readonly type: NodeType;
  readonly id: string;
  /** The tenant that it belongs to; null: the mesh. */
  readonly tenantId: string | null;
  /** Of the mesh's providers, models, routes, prompts and their versions: the tenants that may use them are those of any of these; null: all. */
  readonly offers: readonly Offer[] | null;
  /** The caller, of a call; otherwise null. */
  readonly appId: string | null;
  readonly keyId: string | null;
  readonly keyLineId: string | null;
  readonly subject: string | null;
  readonly endUserId: string | null;
  /** Null: it is not archived. Of a version of a prompt of the mesh as its prompt. */
  readonly archivedAt: Date | null;
}

type StoredRecord = Partial<Omit<NodeRecord, 'type' | 'id' | 'offers'>> & {
  readonly _id: string;
  readonly offeredTo?: Offer | null;
  /** Of a version of a prompt. */
  readonly promptId?: string;
  /** Of a model. */
  readonly providerId?: string;
  /** Of a route. */
  readonly targets?: readonly { readonly modelId: string }[];
};

/** The fields of a row in the ledger that identify the caller. */
const makerFields = ['appId', 'keyId', 'keyLineId', 'subject', 'endUserId'] as const;
const fieldsOfType: Readonly<Partial<Record<NodeType, readonly string[]>>> = {
  Completion: makerFields,
  Invocation: makerFields,
  Prompt: ['offeredTo'],
  PromptVersion: ['promptId'],
  Provider: ['offeredTo'],
  Model: ['providerId'],
  Route: ['targets'],
};

/** Which of the ids are those of records of the type. One command, and one more for models, routes and versions of prompts of the mesh. */
export async function findNodeRecords(
  connection: Connection,
  type: NodeType,
  ids: readonly string[],
): Promise<readonly NodeRecord[]> {
  const collection = collections[type](connection) as unknown as Model<StoredRecord>;
  const fields = ['tenantId', 'archivedAt', ...(fieldsOfType[type] ?? [])].filter((field) =>
    collection.schema.path(field),
  );
  const found = await collection
    .find({ _id: { $in: ids }, ...(type === 'Completion' ? { kind: 'completion' } : {}) })
    .select(['_id', ...fields])
    .lean();
  const [limited, withPrompts] = await Promise.all([
    findLimited(connection, found),
    addPrompts(connection, found),
  ]);
  return withPrompts.map((record) => toNodeRecord(type, record, limited));
}

const toNobody: Offer = { plans: [], tenants: [] };

/** Versions of prompts of the mesh with what their prompts have of it: the offer, and whether they are archived. */
async function addPrompts(
  connection: Connection,
  records: readonly StoredRecord[],
): Promise<readonly StoredRecord[]> {
  const readId = ({ promptId, tenantId }: StoredRecord) => (tenantId == null ? promptId : undefined);
  const ids = records.map(readId).filter((id) => id !== undefined);
  if (ids.length === 0) return records;
  const found = await prompts(connection)
    .find({ _id: { $in: ids } }, { offeredTo: 1, archivedAt: 1 })
    .lean();
  const byId = new Map(found.map(({ _id, ...shared }) => [_id, shared]));
  return records.map((record) => {
    const id = readId(record);
    return id === undefined ? record : { ...(byId.get(id) ?? { offeredTo: toNobody }), ...record };
  });
}

/** Which providers of the mesh that stand behind the records are not offered to every tenant. */
async function findLimited(
  connection: Connection,
  records: readonly StoredRecord[],
): Promise<ReadonlyMap<string, Offer>> {
  const ids = new Set(records.flatMap(readProviderIds));
  if (ids.size === 0) return new Map();
  const limited = await providers(connection)
    .find({ _id: { $in: [...ids] }, offeredTo: { $ne: null } }, { offeredTo: 1 })
    .lean();
  return new Map(limited.flatMap(({ _id, offeredTo }) => (offeredTo == null ? [] : [[_id, offeredTo]])));
}

function readProviderIds({ providerId, targets = [] }: StoredRecord): readonly string[] {
  const ofTargets = targets.map(({ modelId }) => modelId.slice(0, modelId.indexOf('/')));
  return providerId === undefined ? ofTargets : [providerId];
}

function readOffers(record: StoredRecord, limited: ReadonlyMap<string, Offer>): readonly Offer[] | null {
  if (record.offeredTo != null) return [record.offeredTo];
  const ids = readProviderIds(record);
  const offers = ids.map((id) => limited.get(id)).filter((offer) => offer !== undefined);
  return ids.length > 0 && offers.length === ids.length && record.tenantId == null ? offers : null;
}

function toNodeRecord(type: NodeType, record: StoredRecord, limited: ReadonlyMap<string, Offer>): NodeRecord {
  const { _id, tenantId, appId, keyId, keyLineId, subject, endUserId, archivedAt } = record;
  return {
    type,
    id: _id,
    tenantId: type === 'Tenant' ? _id : (tenantId ?? null),
    appId: appId ?? null,
    keyId: keyId ?? null,
    keyLineId: keyLineId ?? null,
    subject: subject ?? null,
    endUserId: endUserId ?? null,
    archivedAt: archivedAt ?? null,
    offers: readOffers(record, limited),
  };
}

/** The ids of all tenants that are archived and not erased: at most `archivedTenants` of the limits on counts. */
export async function findArchivedTenantIds(connection: Connection): Promise<readonly string[]> {
  const found = await tenants(connection)
    .find({ archivedAt: { $gt: new Date(0) }, erasedAt: null }, { _id: 1 })
    .lean();
  return found.map(({ _id }) => _id);
}

/** Types with ids that show by their form which type they are of. */
const ownForm: ReadonlySet<NodeType> = new Set<NodeType>([
  'Alert',
  'GuardrailPolicy',
  'Invocation',
  'Model',
  'Route',
]);

/** The other types: their ids differ because they are random or were checked against all others. */
export const plainIdTypes: readonly NodeType[] = nodeTypes.filter((type) => !ownForm.has(type));

/**
 * True when something that is not of the type has the id: what people choose must be unique among all types, since
 * clients keep what they read under its id alone.
 */
export async function isTakenByAnotherType(
  connection: Connection,
  type: NodeType,
  id: string,
): Promise<boolean> {
  const others = plainIdTypes.filter((other) => other !== type);
  const found = await Promise.all(others.map((other) => findNodeRecords(connection, other, [id])));
  return found.some((records) => records.length > 0);
}
