/** Where vendors of a wire count so that one of them would be misread. */
export interface UsageDialect {
  /** Reasoning tokens are billed beside the output tokens, whatever the total states. */
  readonly reasoningApart?: boolean;
  /** Its own names for the cache mean tokens beside the input, whatever the total states. */
  readonly cacheApart?: boolean;
}

/** The counts of a usage object under their vendors' many names; a count that is missing or impossible is left out. */
export interface UsageReport {
  inputTokens?: number | undefined;
  /** Input that Gemini counts beside the prompt. */
  toolInputTokens?: number | undefined;
  outputTokens?: number | undefined;
  totalTokens?: number | undefined;
  cachedInputTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
  cacheWrite5mTokens?: number | undefined;
  cacheWrite1hTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  /** The output so far, reported before its end. */
  outputMinTokens?: number | undefined;
  /** 1: the names are those of a vendor that counts the cache beside the input. */
  cacheApart?: number | undefined;
  /** 1: the input has the name of vendors that count the cache in it. */
  cacheWithin?: number | undefined;
  /** 1: the name is that of a vendor that counts reasoning beside the output. */
  reasoningApart?: number | undefined;
}

/** What a vendor's counts come to. A side that it did not report is left out. */
export interface UsageCounts {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** The least that the output can be, where it is not known. */
  readonly outputMinTokens: number;
  /** Input and output together, where neither is known. */
  readonly totalTokens?: number | undefined;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly reasoningTokens: number;
}

type Count = keyof UsageReport;
type Flag = 'cacheApart' | 'cacheWithin' | 'reasoningApart';

/** More than any call takes: a larger count is a mistake of the provider's. */
const tokensMax = 1_000_000_000;

const names: Readonly<Record<string, readonly [count: Count, flag?: Flag]>> = {
  prompt_tokens: ['inputTokens', 'cacheWithin'],
  promptTokens: ['inputTokens', 'cacheWithin'],
  input_tokens: ['inputTokens'],
  inputTokens: ['inputTokens'],
  promptTokenCount: ['inputTokens', 'cacheWithin'],
  prompt_token_count: ['inputTokens', 'cacheWithin'],
  inputTokenCount: ['inputTokens'],
  input_token_count: ['inputTokens'],
  toolUsePromptTokenCount: ['toolInputTokens'],
  tool_use_prompt_token_count: ['toolInputTokens'],

  completion_tokens: ['outputTokens'],
  completionTokens: ['outputTokens'],
  output_tokens: ['outputTokens'],
  outputTokens: ['outputTokens'],
  candidatesTokenCount: ['outputTokens'],
  candidates_token_count: ['outputTokens'],
  outputTokenCount: ['outputTokens'],
  output_token_count: ['outputTokens'],

  total_tokens: ['totalTokens'],
  totalTokens: ['totalTokens'],
  totalTokenCount: ['totalTokens'],
  total_token_count: ['totalTokens'],

  cached_tokens: ['cachedInputTokens'],
  cachedTokens: ['cachedInputTokens'],
  num_cached_tokens: ['cachedInputTokens'],
  prompt_cache_hit_tokens: ['cachedInputTokens'],
  cachedContentTokenCount: ['cachedInputTokens'],
  cached_content_token_count: ['cachedInputTokens'],
  cache_read_input_tokens: ['cachedInputTokens', 'cacheApart'],
  cacheReadInputTokens: ['cachedInputTokens', 'cacheApart'],

  cache_write_tokens: ['cacheWriteTokens'],
  cache_creation_tokens: ['cacheWriteTokens'],
  cacheWriteTokens: ['cacheWriteTokens'],
  cache_creation_input_tokens: ['cacheWriteTokens', 'cacheApart'],
  cacheCreationInputTokens: ['cacheWriteTokens', 'cacheApart'],
  cacheWriteInputTokens: ['cacheWriteTokens', 'cacheApart'],
  ephemeral_5m_input_tokens: ['cacheWrite5mTokens', 'cacheApart'],
  ephemeral_1h_input_tokens: ['cacheWrite1hTokens', 'cacheApart'],

  reasoning_tokens: ['reasoningTokens'],
  reasoningTokens: ['reasoningTokens'],
  thinking_tokens: ['reasoningTokens'],
  thoughtsTokenCount: ['reasoningTokens', 'reasoningApart'],
  thoughts_token_count: ['reasoningTokens', 'reasoningApart'],
};
const countsByName = new Map(Object.entries(names));

/** Fields that hold further counts. */
const groups: ReadonlySet<string> = new Set([
  'prompt_tokens_details',
  'prompt_token_details',
  'promptTokensDetails',
  'input_tokens_details',
  'input_token_details',
  'inputTokensDetails',
  'completion_tokens_details',
  'completion_token_details',
  'completionTokensDetails',
  'output_tokens_details',
  'output_token_details',
  'outputTokensDetails',
  'cache_creation',
  'cache_creation_token_details',
]);
const depthMax = 3;

/** A number of tokens, also as a text of digits; undefined for what cannot be one. */
export function readCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= tokensMax ? Math.round(number) : undefined;
}

function raise(report: UsageReport, count: Count, value: number): void {
  if (!((report[count] ?? -1) >= value)) report[count] = value;
}

function collect(usage: object, report: UsageReport, depth: number): void {
  for (const name in usage) {
    const value: unknown = usage[name as keyof typeof usage];
    if (value === null || value === undefined) continue;
    const known = countsByName.get(name);
    if (known !== undefined) {
      const tokens = readCount(value);
      if (tokens === undefined) continue;
      raise(report, known[0], tokens);
      // A zero states nothing of what the vendor counts where.
      if (known[1] !== undefined && tokens > 0) report[known[1]] = 1;
    } else if (typeof value !== 'object' || depth >= depthMax) continue;
    else if (groups.has(name)) collect(value, report, depth + 1);
    else if (name === 'cacheDetails' && Array.isArray(value)) collectBedrockCache(value, report);
  }
}

/** Bedrock lists what it wrote into its cache by how long it is kept. */
function collectBedrockCache(details: readonly unknown[], report: UsageReport): void {
  for (const detail of details.slice(0, 16)) {
    if (typeof detail !== 'object' || detail === null || !('ttl' in detail) || !('inputTokens' in detail))
      continue;
    const count = detail.ttl === '1h' ? 'cacheWrite1hTokens' : 'cacheWrite5mTokens';
    report[count] = (report[count] ?? 0) + (readCount(detail.inputTokens) ?? 0);
  }
}

/** The counts of a usage object; null where it holds none. */
export function readUsage(usage: object): UsageReport | null {
  const report: UsageReport = {};
  collect(usage, report, 1);
  for (const _ in report) return report;
  return null;
}

/** Raises each count of `report` to that of `later`. */
export function raiseAll(report: UsageReport, later: UsageReport): void {
  for (const count in later) {
    const value = later[count as Count];
    if (value !== undefined) raise(report, count as Count, value);
  }
}

/**
 * Puts right what cannot be: more cached than input, more reasoning than output, a total beyond both. What a vendor counts
 * apart is added where its names, the total or the numbers themselves prove it; the result is never less than the total.
 */
export function reconcile(report: UsageReport, dialect: UsageDialect): UsageCounts {
  const { totalTokens: total, cachedInputTokens: cached = 0, reasoningTokens: reasoning = 0 } = report;
  const write1h = report.cacheWrite1hTokens ?? 0;
  const write = Math.max(report.cacheWriteTokens ?? 0, write1h + (report.cacheWrite5mTokens ?? 0));
  const outputMin = report.outputMinTokens ?? 0;
  let { inputTokens: input, outputTokens: output } = report;
  if (input !== undefined) {
    input += report.toolInputTokens ?? 0;
    if (isCacheApart(report, dialect, input, cached + write)) input += cached + write;
  }
  if (output !== undefined && output < outputMin) output = output === 0 ? undefined : outputMin;
  if (output !== undefined && isReasoningApart(report, dialect, input, output)) output += reasoning;
  if (total !== undefined) {
    if (input !== undefined) {
      if (output === undefined || total > input + output) output = Math.max(0, total - input);
    } else if (output !== undefined) input = Math.max(0, total - output);
  }
  const cachedInputTokens = Math.min(cached, input ?? cached);
  const cacheWriteTokens = Math.min(write, (input ?? cached + write) - cachedInputTokens);
  return {
    inputTokens: input,
    outputTokens: output,
    outputMinTokens: Math.max(outputMin, reasoning),
    totalTokens: total,
    cachedInputTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: Math.min(write1h, cacheWriteTokens),
    reasoningTokens: Math.min(reasoning, output ?? reasoning),
  };
}

function isCacheApart(report: UsageReport, dialect: UsageDialect, input: number, cache: number): boolean {
  if (cache === 0) return false;
  const namedApart = report.cacheApart === 1 && report.cacheWithin !== 1;
  if (dialect.cacheApart === true && namedApart) return true;
  const { outputTokens: output = 0, totalTokens: total, reasoningTokens: reasoning = 0 } = report;
  if (total !== undefined) {
    const apart = input + output + cache;
    if (total === apart || total === apart + reasoning) return true;
    return total > apart && (cache > input || namedApart);
  }
  return cache > input || namedApart;
}

function isReasoningApart(
  report: UsageReport,
  dialect: UsageDialect,
  input: number | undefined,
  output: number,
): boolean {
  const { totalTokens: total, reasoningTokens: reasoning = 0 } = report;
  if (reasoning === 0) return false;
  if (dialect.reasoningApart === true || report.reasoningApart === 1) return true;
  if (total === undefined || input === undefined) return reasoning > output;
  return total >= input + output + reasoning;
}
