import { randomUUID } from 'node:crypto';
import { type AlertEpisodeRecord, alertEpisodes } from '#mongo/alert-episodes.ts';
import { apps } from '#mongo/apps.ts';
import type { Database } from '#mongo/connect.ts';
import { type EventRecord, events } from '#mongo/events.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { tenants } from '#mongo/tenants.ts';
import type { AlertDeps } from '#subgraphs/usage/alerts/deps.ts';
import { sweepAlerts } from '#subgraphs/usage/alerts/sweep-alerts.ts';
import type { UsageDeps } from '#subgraphs/usage/deps.ts';
import { createUsageSubgraph } from '#subgraphs/usage/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { askForData, testCaller, testServices } from './subgraph.ts';
import { row } from './usage-mesh.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** May save and read alerts of acme. */
export const alertAdmin = testCaller('acme', 'usage:read', 'tenants:write');
export const otherAdmin = testCaller('other', 'usage:read', 'tenants:write');
export const operator = testCaller('root', 'usage:read', 'tenants:admin', 'tenants:write');

/** The usage subgraph with the tenants acme and other, whose clock the test sets, and which sweeps when the test does. */
export interface AlertMesh extends AsyncDisposable {
  readonly database: Database;
  readonly subgraph: Subgraph;
  readonly deps: UsageDeps & AlertDeps;
  readonly clock: { ms: number };
  /** Stores rows of the ledger that started so long ago. */
  addCalls(agoMs: number, calls: readonly Partial<InvocationRecord>[]): Promise<void>;
  saveAlert(input: Readonly<Record<string, unknown>>, caller?: typeof alertAdmin): Promise<string>;
  /** Lets time pass, and evaluates what is due then. */
  sweepAfter(ms: number): Promise<number>;
  episodes(): Promise<readonly AlertEpisodeRecord[]>;
  /** The published events of alerts, in order. */
  published(): Promise<readonly EventRecord[]>;
}

/** A Wednesday. */
const startMs = Date.parse('2026-06-17T12:30:00Z');

export async function openAlertMesh(rest: Partial<UsageDeps> = {}): Promise<AlertMesh> {
  const database = await openTestDatabase();
  const { connection } = database;
  const clock = { ms: startMs };
  const deps = { ...testServices(database), connection, now: () => clock.ms, ...rest };
  const subgraph = createUsageSubgraph(deps);
  const named = (name: string) => ({ name, createdAt: new Date(startMs - 90 * dayMs) });
  await tenants(connection).collection.insertMany(
    ['acme', 'other'].map((_id) => ({ _id, ...named(_id), planId: 'p', archivedAt: null })) as never,
  );
  await apps(connection).collection.insertMany([
    { _id: 'app1', tenantId: 'acme', ...named('one') },
    { _id: 'app9', tenantId: 'other', ...named('nine') },
  ] as never);
  return {
    ...{ database, subgraph, deps, clock },
    async addCalls(agoMs, calls) {
      const at = new Date(clock.ms - agoMs).toISOString();
      await invocations(connection).insertMany(calls.map((call) => row(randomUUID(), at, call)));
    },
    async saveAlert(input, caller = alertAdmin) {
      const save = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
      const { saveAlert } = await askForData<{ saveAlert: { id: string } }>(subgraph, caller, save, {
        input,
      });
      return saveAlert.id;
    },
    sweepAfter(ms) {
      clock.ms += ms;
      return sweepAlerts(deps);
    },
    episodes: () => alertEpisodes(connection).find().sort({ startedAt: 1, _id: 1 }).lean(),
    published: () =>
      events(connection)
        .find({
          type: { $in: ['alert.started', 'alert.ended', 'anomaly.found', 'anomaly.ended'] },
          sequence: { $gt: 0 },
        })
        .sort({ sequence: 1 })
        .lean(),
    async [Symbol.asyncDispose]() {
      await subgraph[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

/** So many equal rows. */
export function calls(
  count: number,
  call: Partial<InvocationRecord> = {},
): readonly Partial<InvocationRecord>[] {
  return Array.from({ length: count }, () => call);
}
