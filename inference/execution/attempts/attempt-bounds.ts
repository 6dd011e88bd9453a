import type { CatalogModel } from '#catalog/catalog.ts';
import {
  answersTokensLimit,
  outputTokensLimit,
  outputTokensMax,
  type UsageBounds,
} from '../../metering/usage-cost.ts';
import type { CompletionRequest } from '../../request.ts';
import type { Candidates } from '../../routing/route.ts';
import { type AttemptLimits, writingMsMax } from './attempt-timer.ts';

/** What an attempt at the model can be billed at most. `note` is a message that a guardrail has added to the call; null: none. */
export function readUsageBounds(
  { inputTokensMax, call }: CompletionRequest,
  model: CatalogModel,
  note: string | null,
): UsageBounds {
  const noteTokensMax = note === null ? 0 : Math.ceil(Buffer.byteLength(note) / 3);
  return {
    inputTokensMax: inputTokensMax + noteTokensMax,
    outputTokensMax: answersTokensLimit(model, call),
  };
}

/**
 * How many tokens are requested of the provider at most; undefined: its own limit, which is the catalog's where that has one.
 *
 * @param boundsTokens whether a limit or budget holds the answer to what was reserved for it
 */
export function chooseMaxOutputTokens(
  { call: { maxOutputTokens } }: CompletionRequest,
  model: CatalogModel,
  boundsTokens: boolean,
): number | undefined {
  const isOpen = maxOutputTokens === undefined && outputTokensLimit(model, undefined) === null;
  return maxOutputTokens !== undefined || (isOpen && boundsTokens)
    ? outputTokensMax(model, maxOutputTokens)
    : undefined;
}

/**
 * How long an attempt may take, in milliseconds.
 *
 * @param whole the measured pace of the model, for an answer that comes as a whole; null: it comes as a stream
 */
export function readAttemptLimits(
  { connectMs, firstTokenMs, interTokenMs }: Candidates['timeouts'],
  { call }: CompletionRequest,
  model: CatalogModel,
  whole: { readonly msPerToken: number | null } | null,
): AttemptLimits {
  const writingMs =
    whole === null ? 0 : writingMsMax(outputTokensMax(model, call.maxOutputTokens), whole.msPerToken);
  return { connectMs, firstMs: firstTokenMs + writingMs, nextMs: interTokenMs };
}
