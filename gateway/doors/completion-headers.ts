import type { ServerResponse } from 'node:http';
import { setGuardrailHeader } from './guardrail-header.ts';
import { type LimitHeaders, setLimitHeaders } from './limit-headers.ts';
import type { HeaderLimitFragment, HeaderVerdictFragment } from './operations.generated.ts';

/** What the headers of an answer state about its completion. */
export interface CompletionHeaders {
  readonly completionId: string;
  /** The fields of the input that were not sent to the provider. */
  readonly dropped: readonly string[];
  /** The version of the prompt that was run; absent or null: no prompt was run. */
  readonly promptVersion?: { readonly number: number } | null;
  /** What was left of the limits of the call. */
  readonly limits: readonly HeaderLimitFragment[];
  /** What guardrails have found by now. */
  readonly guardrailVerdicts: readonly HeaderVerdictFragment[];
}

/** Characters of the header with the dropped fields: their names are the client's. */
const droppedMax = 1_000;

/**
 * Sets `x-heddle-completion-id`, `x-heddle-prompt-version` where a prompt was run, and `x-heddle-dropped` where fields were dropped: those of `providerOptions` by the name that
 * they have in the body of the client. `setLimits` sets the headers of the limits, `setGuardrailHeader` that of the guardrails.
 */
export function setCompletionHeaders(
  response: ServerResponse,
  { completionId, dropped, promptVersion, limits, guardrailVerdicts }: CompletionHeaders,
  setLimits: LimitHeaders = setLimitHeaders,
): void {
  setLimits(response, limits);
  setGuardrailHeader(response, guardrailVerdicts);
  response.setHeader('x-heddle-completion-id', completionId);
  if (promptVersion != null) response.setHeader('x-heddle-prompt-version', promptVersion.number);
  if (dropped.length === 0) return;
  const names = dropped.map((name) => name.replace(/^providerOptions\.\w+\./, ''));
  const text = names.join(', ').replaceAll(/[^\x20-\x7e]/g, '?');
  response.setHeader('x-heddle-dropped', text.slice(0, droppedMax));
}
