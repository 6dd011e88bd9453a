import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { type FinishReason, noUsage, type ProviderCall, type ProviderUsage } from '../provider.ts';
import {
  raiseAll,
  readUsage,
  reconcile,
  type UsageCounts,
  type UsageDialect,
  type UsageReport,
} from './usage-report.ts';

/**
 * Counts one answer, streamed or whole. Vendors report usage in various places and events of it: a count never falls
 * below what was reported earlier, so that a later zero is no count.
 */
export class UsageCounter {
  readonly #dialect: UsageDialect;
  #report: UsageReport | null = null;

  constructor(dialect: UsageDialect = {}) {
    this.#dialect = dialect;
  }

  /** Adds the counts of a vendor's usage object; anything else counts nothing. */
  add(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#add(readUsage(value));
  }

  /** As `add`, for what is reported before the answer: its output is a lower bound. */
  addStart(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const report = readUsage(value);
    if (report === null) return;
    const { outputTokens: outputMinTokens, ...rest } = report;
    this.#add({ ...rest, outputMinTokens });
  }

  /** Null where no count was reported. */
  get counts(): UsageCounts | null {
    return this.#report === null ? null : reconcile(this.#report, this.#dialect);
  }

  #add(report: UsageReport | null): void {
    if (this.#report === null) this.#report = report;
    else if (report !== null) raiseAll(this.#report, report);
  }
}

/** What two requests for parts of one answer come to. */
export function addCounts(a: UsageCounts | null, b: UsageCounts | null): UsageCounts | null {
  if (a === null || b === null) return a ?? b;
  const sum = (one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? undefined : one + other;
  return {
    inputTokens: sum(a.inputTokens, b.inputTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    outputMinTokens: (a.outputTokens ?? a.outputMinTokens) + (b.outputTokens ?? b.outputMinTokens),
    totalTokens: sum(a.totalTokens, b.totalTokens),
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

function usageFrom(counts: UsageCounts, inputTokens: number, outputTokens: number): ProviderUsage {
  const { cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } = counts;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    ...(cacheWrite1hTokens > 0 ? { cacheWrite1hTokens } : {}),
    reasoningTokens,
  };
}

/** What is known before the answer has ended. */
export function usageSoFar(counts: UsageCounts): ProviderUsage {
  return usageFrom(counts, counts.inputTokens ?? 0, counts.outputTokens ?? counts.outputMinTokens);
}

/**
 * The usage of an ended answer. Where the provider did not report a side, ceil(UTF-8 bytes / 4) of what went out or came
 * back stands in: nothing is billed as nothing. Zero output tokens beside counted input are no count of a text.
 * @param outputBytes of text, reasoning and arguments of tool calls
 */
export function completeUsage(
  counts: UsageCounts | null,
  call: ProviderCall,
  outputBytes: number,
): ProviderUsage {
  const input = counts?.inputTokens;
  const counted = counts?.outputTokens !== 0 || outputBytes === 0 || !(Number(input) > 0);
  // Protocol buffers in JSON leave out a count of zero.
  const output = counted
    ? (counts?.outputTokens ?? (outputBytes === 0 ? counts?.outputMinTokens : undefined))
    : undefined;
  if (counts !== null && input !== undefined && output !== undefined) return usageFrom(counts, input, output);
  const outputTokens = output ?? Math.max(counts?.outputMinTokens ?? 0, Math.ceil(outputBytes / 4));
  const cache = (counts?.cachedInputTokens ?? 0) + (counts?.cacheWriteTokens ?? 0);
  const inputTokens =
    input ?? Math.max(cache, (counts?.totalTokens ?? 0) - outputTokens, Math.ceil(countInputBytes(call) / 4));
  const usage =
    counts === null
      ? { ...noUsage, inputTokens, outputTokens }
      : usageFrom(counts, inputTokens, outputTokens);
  return { ...usage, estimated: true };
}

function countInputBytes(call: ProviderCall): number {
  let bytes = 0;
  for (const message of call.messages) {
    if (message.role === 'user') {
      for (const part of message.parts) if (part.type === 'text') bytes += Buffer.byteLength(part.text);
    } else bytes += Buffer.byteLength(message.role === 'assistant' ? message.text : message.content);
  }
  return bytes;
}

const reasons: Readonly<Record<LanguageModelV4FinishReason['unified'], FinishReason>> = {
  stop: 'STOP',
  length: 'LENGTH',
  'content-filter': 'CONTENT_FILTER',
  'tool-calls': 'TOOL_CALLS',
  error: 'ERROR',
  interrupted: 'ERROR',
  other: 'OTHER',
};

/** An answer that calls tools ends with TOOL_CALLS, also where its vendor states stop (a forced choice) or something new. */
export function toFinishReason(reason: LanguageModelV4FinishReason, calledTools: boolean): FinishReason {
  const { unified } = reason;
  return calledTools && (unified === 'stop' || unified === 'other') ? 'TOOL_CALLS' : reasons[unified];
}
