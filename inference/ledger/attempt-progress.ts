import type { CatalogModel } from '#catalog/catalog.ts';
import type {
  AttemptProgressRecord,
  AttemptRecord,
  InvocationRecord,
  OpeningRecord,
  ProgressRecord,
} from '#mongo/invocations.ts';
import type { ProviderUsage } from '#providers/provider.ts';
import {
  charsPerToken,
  estimatedUsage,
  exactCost,
  outputTokensMax,
  roundToNanos,
  type UsageBounds,
} from '../metering/usage-cost.ts';

/** What has come of an answer so far. */
export interface ReceivedSoFar {
  /** Characters. */
  readonly received: number;
  /** The provider's last count. */
  readonly usage: ProviderUsage | null;
}

const nothingReceived: ReceivedSoFar = { received: 0, usage: null };

/**
 * A provider call under way, as its row keeps it. `aheadChars` is what may come in addition before the row is written
 * again; it never raises the estimate above what is reserved.
 */
export function attemptProgress(
  model: CatalogModel,
  bounds: UsageBounds,
  startedAtMs: number,
  { received, usage }: ReceivedSoFar = nothingReceived,
  aheadChars = 0,
): AttemptProgressRecord {
  return {
    modelId: model.id,
    providerId: model.provider.id,
    startedAt: new Date(startedAtMs),
    inputTokensMax: bounds.inputTokensMax,
    outputTokensMax: bounds.outputTokensMax,
    price: model.price,
    receivedChars: received,
    coveredChars: coveredChars(model, bounds.outputTokensMax, received, aheadChars),
    counted: usage,
  };
}

/** What the row of a call is opened with; `aheadChars` as in `attemptProgress`. */
export function openingRecord(
  model: CatalogModel,
  { inputTokensMax, outputTokensMax: limit }: UsageBounds,
  aheadChars = 0,
): OpeningRecord {
  return {
    inputTokensMax,
    outputTokensMax: limit,
    price: model.price,
    coveredChars: coveredChars(model, limit, 0, aheadChars),
  };
}

/** What the row states of its call so far; undefined: nothing, as the rows of older versions and of answers from the cache. */
export function progressOfRow(row: InvocationRecord): ProgressRecord | undefined {
  const { progress, opening, modelId, providerId, startedAt } = row;
  if (progress !== undefined || opening === undefined) return progress;
  const attempt = { ...opening, modelId, providerId, startedAt, receivedChars: 0, counted: null };
  return { at: startedAt, attempts: [], attempt };
}

function coveredChars(model: CatalogModel, limit: number | null, received: number, ahead: number): number {
  const charsMax = charsPerToken * (limit ?? outputTokensMax(model, undefined));
  return Math.max(received, Math.min(Math.ceil(received + ahead), charsMax));
}

/** The record of a provider call that ended with its process: billed as any other that was cut. */
export function cutAttemptRecord(
  attempt: AttemptProgressRecord,
  receivedChars: number,
  endedAtMs: number,
): AttemptRecord {
  const usage = estimatedUsage(attempt, receivedChars, attempt.counted);
  return {
    modelId: attempt.modelId,
    startedAt: attempt.startedAt,
    durationMs: Math.max(0, endedAtMs - attempt.startedAt.getTime()),
    outcome: 'FAILED',
    error: 'INTERNAL: The process that ran this call ended before the answer was whole.',
    usage,
    usageEstimated: true,
    ...(attempt.price === null ? { unpriced: true as const } : {}),
    ...(attempt.guardrail === undefined ? {} : { guardrail: attempt.guardrail }),
    costNanos: roundToNanos(exactCost(attempt.price, usage)),
  };
}
