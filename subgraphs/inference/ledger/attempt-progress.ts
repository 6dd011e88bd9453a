import type { CatalogModel } from '#mongo/catalog.ts';
import type { AttemptProgressRecord, AttemptRecord } from '#mongo/invocations.ts';
import type { ProviderUsage } from '../providers/provider.ts';
import {
  charsPerToken,
  estimatedUsage,
  exactCost,
  nanosOf,
  outputTokensMax,
  type UsageBounds,
} from '../settle.ts';

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
  const charsMax = charsPerToken * (bounds.outputTokensMax ?? outputTokensMax(model, undefined));
  return {
    modelId: model.id,
    providerId: model.provider.id,
    startedAt: new Date(startedAtMs),
    inputTokensMax: bounds.inputTokensMax,
    outputTokensMax: bounds.outputTokensMax,
    price: model.price,
    receivedChars: received,
    coveredChars: Math.max(received, Math.min(Math.ceil(received + aheadChars), charsMax)),
    counted: usage,
  };
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
    costNanos: nanosOf(exactCost(attempt.price, usage)),
  };
}
