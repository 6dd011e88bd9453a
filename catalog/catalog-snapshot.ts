import type { Connection } from 'mongoose';
import type { Lifecycle, RouteStrategy } from '#core/graph-enums.generated.ts';
import type { Offer } from '#core/offers.ts';
import { toCallName } from '#core/owned-id.ts';
import { WorkTurns } from '#core/work-turns.ts';
import { findInTurns } from '#mongo/find-in-turns.ts';
import { type ModelAliasRecord, modelAliases } from '#mongo/model-aliases.ts';
import { type ModelRecord, models, priceInForce } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { loadCatalogActions, moveRoute } from './catalog-actions.ts';
import { type CatalogGuardrails, loadGuardrails } from './catalog-guardrails.ts';

/** A price in nano-dollars per million tokens. */
export interface CatalogPrice {
  readonly inputNanosPerMillion: bigint;
  readonly outputNanosPerMillion: bigint;
  /** Null: as input. */
  readonly cachedInputNanosPerMillion: bigint | null;
  /** Null: as input. */
  readonly cacheWriteNanosPerMillion: bigint | null;
  /** Null or absent: as a cache write. */
  readonly cacheWrite1hNanosPerMillion?: bigint | null;
  readonly effectiveFrom: Date;
}

export interface CatalogCredential {
  readonly id: string;
  readonly label: string;
  readonly weight: number;
  /** Opened as late as possible, with openCredential. */
  readonly sealed: string;
  /** Where the secret may be sent; null: entered in an older version of Heddle. */
  readonly destination: string | null;
  /** Of a secret that a rotation has replaced, under the id of its credential: until when it may be used. Absent: it is the present one. */
  readonly endsAtMs?: number;
}

export interface CatalogProvider {
  readonly id: string;
  /** The tenant that owns it; null: the mesh. */
  readonly tenantId: string | null;
  /** Of the mesh's: null where every tenant may call it. */
  readonly offeredTo: Offer | null;
  /** A ProviderKind. */
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly enabled: boolean;
  /** The enabled ones, oldest first. */
  readonly credentials: readonly CatalogCredential[];
}

export interface CatalogModel {
  /** `<providerId>/<name>`. */
  readonly id: string;
  /** The provider's own name. */
  readonly name: string;
  readonly provider: CatalogProvider;
  /** Values of the enum Capability. */
  readonly capabilities: ReadonlySet<string>;
  /** Values of the enum Modality. */
  readonly inputModalities: ReadonlySet<string>;
  readonly outputModalities: ReadonlySet<string>;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  /** The row in force when the snapshot was taken; null: unknown. */
  readonly price: CatalogPrice | null;
  readonly lifecycle: Lifecycle;
  readonly replacedById: string | null;
  readonly requiresApproval: boolean;
  /** An action of an alert has opened its circuit: it is not called. Absent: none has. */
  readonly isStopped?: true;
  /** Distinguishes a model from one of the same id that was deleted before. */
  readonly createdAtMs: number;
}

export interface CatalogRoute {
  /** The alias; of a tenant's with the tenant before it. */
  readonly id: string;
  readonly alias: string;
  /** The tenant that owns it; null: the mesh. */
  readonly tenantId: string | null;
  readonly strategy: RouteStrategy;
  /** In the order they were saved. */
  readonly targets: readonly {
    readonly model: CatalogModel;
    readonly weight: number;
    readonly regions: readonly string[] | null;
  }[];
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstTokenMs: number;
    readonly interTokenMs: number;
    readonly totalMs: number;
  };
  readonly maxAttempts: number;
  readonly requiresApproval: boolean;
}

/** One consistent picture; never changes once made. The maps of providers, models and routes are by id. */
export interface CatalogSnapshot {
  readonly providers: ReadonlyMap<string, CatalogProvider>;
  readonly models: ReadonlyMap<string, CatalogModel>;
  readonly routes: ReadonlyMap<string, CatalogRoute>;
  /** By tenant: the model id or route alias that each of its own names stands for. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By tenant: the ids of its own AI models and routes by the names that its callers call. */
  readonly owned: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The guardrail policies of the mesh and of tenants. */
  readonly guardrails: CatalogGuardrails;
}

export const emptySnapshot: CatalogSnapshot = {
  providers: new Map(),
  models: new Map(),
  routes: new Map(),
  aliases: new Map(),
  owned: new Map(),
  guardrails: new Map(),
};

/**
 * Reads the whole configuration with seven queries, and those guardrail policies with an eighth that have changed since the snapshot before. A model
 * without its provider and a route target without its model (a reader between two writes) are left out.
 */
export async function loadSnapshot(
  connection: Connection,
  nowMs: number,
  before: Pick<CatalogSnapshot, 'guardrails'>,
): Promise<CatalogSnapshot> {
  const [providerRecords, credentialRecords, modelRecords, routeRecords, aliasRecords, guardrails, actions] =
    await Promise.all([
      providers(connection).find().lean(),
      providerCredentials(connection).find({ enabled: true }).sort({ createdAt: 1, _id: 1 }).lean(),
      readModels(connection),
      routes(connection).find().lean(),
      modelAliases(connection).find({}, { tenantId: 1, name: 1, target: 1 }).lean(),
      loadGuardrails(connection, before.guardrails),
      loadCatalogActions(connection),
    ]);

  const credentials = new Map<string, CatalogCredential[]>();
  for (const { _id: id, providerId, label, weight, previous, ...present } of credentialRecords) {
    const ofProvider = credentials.get(providerId) ?? [];
    const { sealed, destination = null } = present;
    ofProvider.push({ id, label, weight, sealed, destination });
    if (previous != null) {
      const { sealed, destination = null, endsAt } = previous;
      ofProvider.push({ id, label, weight, sealed, destination, endsAtMs: endsAt.getTime() });
    }
    credentials.set(providerId, ofProvider);
  }

  const providersById = new Map<string, CatalogProvider>();
  for (const { _id, tenantId = null, offeredTo = null, kind, baseUrl, region, enabled } of providerRecords) {
    providersById.set(_id, {
      id: _id,
      tenantId,
      offeredTo,
      kind,
      baseUrl,
      region,
      enabled,
      credentials: credentials.get(_id) ?? [],
    });
  }

  const modelsById = new Map<string, CatalogModel>();
  const turns = new WorkTurns();
  for (const record of modelRecords) {
    await turns.pass();
    const provider = providersById.get(record.providerId);
    if (provider === undefined) continue;
    const model = catalogModel(record, provider, nowMs);
    modelsById.set(model.id, actions.stoppedModels.has(model.id) ? { ...model, isStopped: true } : model);
  }

  const routesByAlias = new Map<string, CatalogRoute>();
  for (const record of routeRecords) {
    const {
      _id,
      tenantId = null,
      strategy,
      targets,
      timeouts,
      maxAttempts,
      requiresApproval = false,
    } = record;
    const route: CatalogRoute = {
      id: _id,
      alias: toCallName(_id),
      tenantId,
      strategy,
      targets: targets.flatMap(({ modelId, weight, regions }) => {
        const model = modelsById.get(modelId);
        return model === undefined ? [] : [{ model, weight, regions }];
      }),
      timeouts,
      maxAttempts,
      requiresApproval,
    };
    routesByAlias.set(_id, moveRoute(route, actions));
  }
  return {
    providers: providersById,
    models: modelsById,
    routes: routesByAlias,
    guardrails,
    aliases: groupAliases(aliasRecords),
    owned: groupOwned([
      ...[...modelsById.values()].map(({ id, provider: { tenantId } }) => ({ id, tenantId })),
      ...routesByAlias.values(),
    ]),
  };
}

/** There may be thousands. */
function readModels(connection: Connection): Promise<readonly ModelRecord[]> {
  return Array.fromAsync(findInTurns<ModelRecord>(models(connection).collection, {}));
}

function groupOwned(
  resources: readonly { readonly id: string; readonly tenantId: string | null }[],
): Map<string, Map<string, string>> {
  const byTenant = new Map<string, Map<string, string>>();
  for (const { id, tenantId } of resources) {
    if (tenantId === null) continue;
    const ofTenant = byTenant.get(tenantId) ?? new Map<string, string>();
    byTenant.set(tenantId, ofTenant.set(toCallName(id), id));
  }
  return byTenant;
}

function groupAliases(
  records: readonly Pick<ModelAliasRecord, 'tenantId' | 'name' | 'target'>[],
): Map<string, Map<string, string>> {
  const byTenant = new Map<string, Map<string, string>>();
  for (const { tenantId, name, target } of records) {
    const ofTenant = byTenant.get(tenantId) ?? new Map<string, string>();
    byTenant.set(tenantId, ofTenant.set(name, target));
  }
  return byTenant;
}

function catalogModel(record: ModelRecord, provider: CatalogProvider, nowMs: number): CatalogModel {
  return {
    id: record._id,
    name: record.name,
    provider,
    capabilities: new Set(record.capabilities),
    inputModalities: new Set(record.inputModalities),
    outputModalities: new Set(record.outputModalities),
    contextTokens: record.contextTokens,
    maxOutputTokens: record.maxOutputTokens,
    price: priceInForce(record.prices, nowMs) ?? null,
    lifecycle: record.lifecycle,
    replacedById: record.replacedById,
    requiresApproval: record.requiresApproval ?? false,
    createdAtMs: record.createdAt.getTime(),
  };
}
