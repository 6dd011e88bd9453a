import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { type CatalogSnapshot, emptySnapshot, loadSnapshot } from '#catalog/catalog-snapshot.ts';
import type { Caller, Scope } from '#core/caller.ts';
import { type AlertActionRecord, alertActions } from '#mongo/alert-actions.ts';
import { invocations } from '#mongo/invocations.ts';
import { models } from '#mongo/models.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import type { AlertDeps } from '#subgraphs/usage/alerts/deps.ts';
import { sweepAlerts } from '#subgraphs/usage/alerts/sweep-alerts.ts';
import { createUsageSubgraph } from '#subgraphs/usage/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { ask, askForData } from './subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from './tenants.ts';
import { row } from './usage-mesh.ts';

const scopes: readonly Scope[] = [
  ...(['inference:invoke', 'tenants:write', 'tenants:read', 'usage:read', 'providers:write'] as const),
];
export const savingAlert = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
const undoing = 'mutation ($id: ID!) { undoAlertAction(id: $id) { id state undoneAt } }';

/** A limit for LOWER_LIMIT. */
export const sevenRequests = { meter: 'REQUESTS', window: 'MINUTE', amount: '7' } as const;

/** An alert that holds with each call, with an action. */
export const toActing = (more: object) => ({
  ...{ id: 'acting', metric: 'REQUESTS', condition: 'ABOVE', threshold: 0, window: 'HOUR', ...more },
});

/** The subgraphs tenants and usage on one database, in which nothing is swept but by the test. */
export interface ActingMesh extends AsyncDisposable {
  readonly mesh: TestTenants;
  readonly usage: Subgraph;
  readonly deps: AlertDeps;
  readonly clock: { ms: number };
  /** A tenant of its own with a provider, two AI models and a route. */
  addTenant(): Promise<TestTenant>;
  /** Stores one call of the key of the tenant. */
  call(tenant: TestTenant): Promise<void>;
  /** Saves the alert as the key of the tenant, lets its condition hold, and evaluates it. */
  fire(tenant: TestTenant, more: object): Promise<void>;
  listActions(tenantId: string): Promise<AlertActionRecord[]>;
  /** The one action of the alerts of the tenant. */
  readOnly(tenantId: string): Promise<AlertActionRecord>;
  undo(id: string, caller: Caller): ReturnType<typeof ask>;
  snapshot(): Promise<CatalogSnapshot>;
}

export async function startActingMesh(): Promise<ActingMesh> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const mesh = await startTenants();
  const nowMs = Date.parse('2026-06-17T12:30:00Z');
  const clock = { ms: nowMs };
  const { connection } = mesh.database;
  const deps = { ...mesh.deps, now: () => clock.ms };
  const usage = createUsageSubgraph(deps);
  let count = 0;

  async function addTenant(): Promise<TestTenant> {
    const tenant = await mesh.addTenant(`Acme ${++count}`, scopes);
    const { tenantId } = tenant;
    const now = new Date(nowMs);
    const dates = { createdAt: now, updatedAt: now };
    const providerId = `${tenantId}:own`;
    await providers(connection).create({
      ...{ _id: providerId, tenantId, kind: 'DEMO', baseUrl: null, region: null, enabled: true, ...dates },
    });
    for (const name of ['one', 'two']) {
      await models(connection).create({
        ...{ _id: `${providerId}/${name}`, providerId, tenantId, name, lifecycle: 'ACTIVE', ...dates },
        ...{ capabilities: [], inputModalities: [], outputModalities: [], prices: [] },
        ...{ contextTokens: null, maxOutputTokens: null, replacedById: null },
      });
    }
    await routes(connection).collection.insertOne({
      ...{ _id: `${tenantId}:smart`, tenantId, strategy: 'WEIGHTED', maxAttempts: 2, ...dates },
      targets: ['one', 'two'].map((name) => ({ modelId: `${providerId}/${name}`, weight: 1, regions: null })),
      timeouts: { connectMs: 1, firstTokenMs: 1, interTokenMs: 1, totalMs: 1 },
    } as never);
    return tenant;
  }

  async function call({ tenantId, appId, keyId }: TestTenant): Promise<void> {
    const at = new Date(clock.ms - 60_000).toISOString();
    const about = { tenantId, appId, keyId, keyLineId: keyId, modelId: `${tenantId}:own/one` };
    await invocations(connection).create(row(randomUUID(), at, about));
  }

  const listActions = (tenantId: string) =>
    alertActions(connection).find({ tenantId }).sort({ requestedAt: 1, _id: 1 }).lean().exec();

  return {
    ...{ mesh, usage, deps, clock, addTenant, call, listActions },
    async fire(tenant, more) {
      await askForData(usage, tenant.caller, savingAlert, { input: toActing(more) });
      await call(tenant);
      await sweepAlerts(deps);
    },
    async readOnly(tenantId) {
      const [found, ...more] = await listActions(tenantId);
      expect(more).toEqual([]);
      if (found === undefined) throw new Error('No action was requested.');
      return found;
    },
    undo: (id, caller) => ask(usage, caller, undoing, { id }),
    snapshot: () => loadSnapshot(connection, nowMs, emptySnapshot),
    async [Symbol.asyncDispose]() {
      await usage[Symbol.asyncDispose]();
      await mesh[Symbol.asyncDispose]();
      vi.useRealTimers();
    },
  };
}
