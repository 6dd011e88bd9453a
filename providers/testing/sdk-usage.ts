import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import { readCount, readUsage, reconcile, type UsageCounts } from '../translate/usage-report.ts';

/** The counts of the AI SDK's usage; null where it has none. */
export function countsOfSdk({ inputTokens, outputTokens, raw }: LanguageModelV4Usage): UsageCounts | null {
  const report = {
    inputTokens: readCount(inputTokens.total),
    outputTokens: readCount(outputTokens.total),
    cachedInputTokens: readCount(inputTokens.cacheRead),
    cacheWriteTokens: readCount(inputTokens.cacheWrite),
    cacheWrite1hTokens: raw === undefined ? undefined : readUsage(raw)?.cacheWrite1hTokens,
    reasoningTokens: readCount(outputTokens.reasoning),
  };
  const { inputTokens: input, outputTokens: output } = report;
  return input === undefined && output === undefined ? null : reconcile(report, {});
}
