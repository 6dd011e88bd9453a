import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { type FinishReason, ProviderFailure } from '../provider.ts';
import type { UsageCounts } from './usage-report.ts';

/** A stream that ended without its terminal marker, or an answer that its provider calls broken. */
export function cutShort(): ProviderFailure {
  return new ProviderFailure('PROVIDER_ERROR', 'The provider ended its answer before it was complete.', {
    retryable: true,
  });
}

export function malformed(cause?: unknown): ProviderFailure {
  return new ProviderFailure(
    'PROVIDER_ERROR',
    'The provider answered with something its API does not define.',
    {
      retryable: true,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/**
 * Refuses what must not pass as a success: an answer marked broken, and an empty one. Empty is fine only where the provider
 * counted output (it chose to answer nothing), or spent its tokens on reasoning.
 */
export function checkComplete(reason: FinishReason, empty: boolean, usage: UsageCounts | null): void {
  if (reason === 'ERROR') throw cutShort();
  if (!empty) return;
  if (reason === 'CONTENT_FILTER') {
    throw new ProviderFailure('CONTENT_FILTERED', "The provider's content filter withheld the answer.", {
      retryable: false,
    });
  }
  if (reason === 'LENGTH') return;
  if (reason === 'STOP' && Number(usage?.outputTokens) > 0) return;
  throw new ProviderFailure('PROVIDER_ERROR', 'The provider returned an empty answer.', { retryable: true });
}

/** The arguments of a finished tool call. Models are not bound to write JSON: what is none stays the text they wrote. */
export function toolArguments(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return parseJson(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return text;
  }
}
