import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Catalog } from '#catalog/catalog.ts';
import type { Egress } from '#core/egress.ts';
import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import type { GuardrailStage } from '#guardrails/guardrails.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { ProgressWriter } from './ledger/progress.ts';
import type { CompletionResults } from './ledger/results.ts';
import type { BudgetAlerts } from './metering/budget-alerts.ts';
import type { InputAllowances } from './metering/input-allowance.ts';
import type { HealthRegistry } from './routing/health.ts';
import type { ProviderPool } from './routing/provider-pool.ts';

/** What the commands of this subgraph work with: made once, when the subgraph is. */
export interface InferenceDeps {
  readonly connection: Connection;
  readonly log: Logger;
  readonly bus: Bus;
  readonly quota: Quota;
  readonly cache: Cache;
  readonly streams: StreamLogs;
  readonly catalog: Catalog;
  readonly pool: ProviderPool;
  readonly health: HealthRegistry;
  readonly inputAllowances: InputAllowances;
  readonly ledger: Ledger;
  readonly results: CompletionResults;
  readonly alerts: BudgetAlerts;
  readonly progress: ProgressWriter;
  readonly ownerId: string;
  readonly jsonSchemas: JsonSchemas;
  readonly egress: Egress;
  readonly guardrails: {
    readonly input: GuardrailStage | undefined;
    readonly output: GuardrailStage | undefined;
  };
  /** True: AI models without a price are called whatever limits the cost of the caller. */
  readonly allowsUnpriced: boolean;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Waits between retries; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
}
