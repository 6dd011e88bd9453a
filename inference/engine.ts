import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Catalog } from '#catalog/catalog.ts';
import type { Egress } from '#core/egress.ts';
import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { RuleServices } from '#guardrails/guardrail.ts';
import type { VerdictCache } from '#guardrails/pipeline/verdict-cache.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import type { CoalescedAnswers } from './admission/answer-cache.ts';
import type { Idempotency } from './admission/idempotency.ts';
import type { RefusedCalls } from './admission/refused-calls.ts';
import type { Running } from './execution/running.ts';
import type { BlockReports } from './guarding/block-reports.ts';
import type { Consents } from './guarding/consents.ts';
import type { GuardrailPlans } from './guarding/plans.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { ProgressWriter } from './ledger/progress.ts';
import type { CompletionResults } from './ledger/results.ts';
import type { BudgetAlerts } from './metering/budget-alerts.ts';
import type { InputAllowances } from './metering/input-allowance.ts';
import type { PayloadLog } from './payloads/payload-log.ts';
import type { CompletionReader } from './read.ts';
import type { HealthRegistry } from './routing/health.ts';
import type { ProviderPool } from './routing/provider-pool.ts';
import type { LostReaders } from './streams/lost-readers.ts';
import type { RowWatch } from './streams/row-watch.ts';

/**
 * The engine: everything that invocations of one process share. `openInferenceEngine` makes it once; the code of a call receives it
 * whole, or names by `Pick` what it needs of it.
 */
export interface InferenceEngine {
  readonly log: Logger;
  /** Gets what happens here; undefined: nothing is measured. */
  readonly observer: InferenceObserver | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Waits between retries; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;

  /** The store of record. */
  readonly connection: Connection;
  /** AI models, routes and prompts. */
  readonly catalog: Catalog;
  readonly bus: Bus;
  readonly quota: Quota;
  readonly cache: Cache;
  readonly streams: StreamLogs;
  /** Seal what is kept of completions, each for its tenant. */
  readonly payloads: OwnerBoxes;

  /** The guardrails that bind a call. */
  readonly guardrails: GuardrailPlans;
  /** What their rules receive from this process. */
  readonly ruleServices: RuleServices;
  /** What REMOTE rules have stated of texts. */
  readonly verdicts: VerdictCache;
  /** What end users have consented to. */
  readonly consents: Consents;
  /** Reports what guardrails have blocked. */
  readonly blocks: BlockReports;
  /** Counts calls that are refused before they have a row. */
  readonly refused: RefusedCalls;
  readonly jsonSchemas: JsonSchemas;
  /** Where calls and the URLs of files may go. */
  readonly egress: Egress;
  /** True: AI models without a price are called whatever limits the cost of the caller. */
  readonly allowsUnpriced: boolean;
  readonly idempotency: Idempotency;
  readonly coalesced: CoalescedAnswers;

  readonly pool: ProviderPool;
  readonly health: HealthRegistry;
  readonly inputAllowances: InputAllowances;
  readonly alerts: BudgetAlerts;

  /** This process as an owner of ledger rows. */
  readonly ownerId: string;
  readonly ledger: Ledger;
  readonly results: CompletionResults;
  /** Requests and responses of calls of tenants that keep them. */
  readonly payloadLog: PayloadLog;
  readonly progress: ProgressWriter;

  readonly running: Running;
  readonly reader: CompletionReader;
  readonly lostReaders: LostReaders;
  readonly rowWatch: RowWatch;
}
