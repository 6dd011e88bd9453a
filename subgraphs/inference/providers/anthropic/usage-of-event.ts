import type { ProviderUsage } from '../provider.ts';
import { noUsage } from '../translate/usage.ts';

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** message_start tells the whole input before the first token: what an aborted stream is billed by. */
export function usageOfEvent(event: unknown): ProviderUsage | null {
  if (field(event, 'type') !== 'message_start') return null;
  const usage = field(field(event, 'message'), 'usage');
  if (usage === undefined) return null;
  const cachedInputTokens = count(field(usage, 'cache_read_input_tokens'));
  const cacheWriteTokens = count(field(usage, 'cache_creation_input_tokens'));
  return {
    ...noUsage,
    inputTokens: count(field(usage, 'input_tokens')) + cachedInputTokens + cacheWriteTokens,
    outputTokens: count(field(usage, 'output_tokens')),
    cachedInputTokens,
    cacheWriteTokens,
  };
}
