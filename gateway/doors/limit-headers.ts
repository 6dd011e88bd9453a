import type { ServerResponse } from 'node:http';
import type { ClientError } from '../errors.ts';
import type { HeaderLimitFragment } from './operations.generated.ts';

/** The meters that clients of REST dialects know, by the names that their headers have. */
const metered = [
  ['REQUESTS', 'requests'],
  ['TOKENS', 'tokens'],
] as const;

/** Sets the headers of a dialect that state what is left of the limits of a call. */
export type LimitHeaders = (response: ServerResponse, limits: readonly HeaderLimitFragment[]) => void;

/** The limit that admits the least of a meter: what clients see is never more than what would be admitted. */
function findBinding(
  limits: readonly HeaderLimitFragment[],
  meter: HeaderLimitFragment['meter'],
): HeaderLimitFragment | undefined {
  let binding: HeaderLimitFragment | undefined;
  for (const limit of limits) {
    if (limit.meter !== meter) continue;
    const difference = Number(limit.remaining) - Number(binding?.remaining ?? Number.POSITIVE_INFINITY);
    // Of two with as little left, the one that takes longer to be whole.
    if (difference < 0 || (difference === 0 && readResetMs(limit) > readResetMs(binding))) binding = limit;
  }
  return binding;
}

/** Milliseconds since the epoch; 0 for a limit that is whole. */
function readResetMs(limit: HeaderLimitFragment | undefined): number {
  return limit?.resetsAt == null ? 0 : Date.parse(limit.resetsAt);
}

/** A duration as OpenAI's headers have it: "250ms", "1s", "6m0s", "24h0m0s". */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = `${seconds % 60}s`;
  if (minutes === 0) return rest;
  return hours === 0 ? `${minutes}m${rest}` : `${hours}h${minutes % 60}m${rest}`;
}

/** Sets `x-ratelimit-*`, as OpenAI's API has them, of the limits that bind the call most. */
export const setLimitHeaders: LimitHeaders = (response, limits) => {
  if (limits.length === 0) return;
  for (const [meter, name] of metered) {
    const binding = findBinding(limits, meter);
    if (binding === undefined) continue;
    response.setHeader(`x-ratelimit-limit-${name}`, binding.limit);
    response.setHeader(`x-ratelimit-remaining-${name}`, binding.remaining);
    response.setHeader(`x-ratelimit-reset-${name}`, formatDuration(readResetMs(binding) - Date.now()));
  }
};

/** Sets `anthropic-ratelimit-*`, as Anthropic's API has them, beside those of setLimitHeaders. */
export const setAnthropicLimitHeaders: LimitHeaders = (response, limits) => {
  setLimitHeaders(response, limits);
  for (const [meter, name] of metered) {
    const binding = findBinding(limits, meter);
    if (binding === undefined) continue;
    const resetsAt = new Date(Math.max(readResetMs(binding), Date.now())).toISOString();
    response.setHeader(`anthropic-ratelimit-${name}-limit`, binding.limit);
    response.setHeader(`anthropic-ratelimit-${name}-remaining`, binding.remaining);
    response.setHeader(`anthropic-ratelimit-${name}-reset`, resetsAt);
  }
};

/** The limits that a refusal states; empty where it states none. */
export function readRefusedLimits({ extensions }: ClientError): readonly HeaderLimitFragment[] {
  const { limits } = extensions ?? {};
  return Array.isArray(limits) ? (limits as readonly HeaderLimitFragment[]) : [];
}
