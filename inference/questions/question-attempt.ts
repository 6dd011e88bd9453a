import type { CatalogModel } from '#catalog/catalog.ts';
import type { Attempted } from '../execution/ask.ts';
import { toAttemptResult, untilAborted, withinLimits } from '../execution/attempts/attempt.ts';
import type { Lease } from '../routing/provider-pool.ts';
import type { Timeouts } from '../routing/route.ts';
import type { QuestionForm } from './question-forms.ts';

interface QuestionAttempt<T> {
  readonly form: QuestionForm<T>;
  readonly model: CatalogModel;
  readonly lease: Lease;
  readonly timeouts: Timeouts;
  /** Aborted when the question ends. */
  readonly signal: AbortSignal;
}

/** How an attempt at a question ended; `answered` is null where it has no answer. */
export type AttemptedQuestion<T> = Attempted & { readonly answered: { readonly value: T } | null };

/** Makes one attempt at a question. Never rejects because of the provider. */
export async function attemptQuestion<T>(
  { form, model, lease, timeouts, signal }: QuestionAttempt<T>,
  now: () => number,
): Promise<AttemptedQuestion<T>> {
  const startedAtMs = now();
  const { connectMs, firstTokenMs, interTokenMs } = timeouts;
  const limits = { connectMs, firstMs: firstTokenMs, nextMs: interTokenMs };
  const abort = new AbortController();
  const onStop = () => abort.abort(signal.reason);
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  let sent = false;
  try {
    const provider = await untilAborted(Promise.resolve(lease.provider), abort.signal);
    sent = true;
    const { value, answer } = await withinLimits(abort, limits, (each) => form.send(provider, model, each));
    const end = { outcome: 'SUCCEEDED', answer } as const;
    return { end, answered: { value }, timeToFirstTokenMs: null, wholeMs: now() - startedAtMs };
  } catch (error) {
    const end = toAttemptResult(error, abort.signal, null, sent);
    return { end, answered: null, timeToFirstTokenMs: null, wholeMs: sent ? now() - startedAtMs : null };
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}
