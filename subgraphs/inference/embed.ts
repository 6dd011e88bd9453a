import type { CatalogModel } from '#mongo/catalog.ts';
import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { type AttemptEnd, Cancelled, healthOf, untilAborted } from './attempt.ts';
import { newCompletionId } from './completion.ts';
import type { InferenceDeps } from './deps.ts';
import { type ClientFailure, failureOfError, failureOfProvider, internalFailure } from './ending.ts';
import type { EmbedInput } from './input-types.ts';
import type { InvocationClosing } from './ledger/ledger.ts';
import { attemptRecord, openRow } from './ledger/rows.ts';
import { Meters } from './meters.ts';
import { type EmbeddingAnswer, ProviderFailure, type ProviderUsage } from './providers/provider.ts';
import { nextStep } from './retry.ts';
import { type Candidates, candidatesFor } from './route.ts';
import type { Running } from './running.ts';
import { upperBound } from './settle.ts';
import { Tally } from './tally.ts';

/** What `embed` answers: vectors in the order of the values. */
export interface EmbeddingsData {
  readonly id: string;
  readonly vectors: readonly (readonly number[])[];
  readonly usage: ProviderUsage;
  readonly costNanos: bigint;
  readonly modelId: string;
}

const valuesMax = 2_048;
const dimensionsMax = 65_536;

function check({ values, dimensions }: EmbedInput): void {
  if (values.length === 0 || values.length > valuesMax) {
    throw new HeddleError('BAD_USER_INPUT', `values must hold 1 to ${valuesMax} texts.`);
  }
  const empty = values.indexOf('');
  if (empty >= 0) throw new HeddleError('BAD_USER_INPUT', `values[${empty}] is empty.`);
  if (dimensions != null && (dimensions < 1 || dimensions > dimensionsMax)) {
    throw new HeddleError('BAD_USER_INPUT', `dimensions must be 1 to ${dimensionsMax}.`);
  }
}

type EmbedDeps = InferenceDeps & { readonly running: Pick<Running, 'admit' | 'join'> };

interface EmbeddingStart {
  readonly id: string;
  readonly startedAtMs: number;
  readonly inputTokensMax: number;
  readonly candidates: Candidates;
  readonly meters: Meters;
}

/**
 * Turns texts into vectors: the same admission, meters, row, retries and settlement as a completion, without stream,
 * cache and content. A failure is thrown with the completionId of its row; `signal` stops the call.
 */
export async function embed(
  input: EmbedInput,
  caller: Caller,
  signal: AbortSignal,
  deps: EmbedDeps,
): Promise<EmbeddingsData> {
  deps.running.admit();
  check(input);
  await deps.guardrails.input?.({ texts: input.values, tenantId: caller.tenantId });
  const bytes = input.values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const inputTokensMax = Math.ceil(bytes / 3) + input.values.length;
  // A model's context bounds each value, not all of them together: the provider tells.
  const needs = { needs: ['EMBEDDINGS'], inputs: [], inputTokensMax: 0, maxOutputTokens: 0 };
  const candidates = await candidatesFor(input.model, needs, caller, deps);
  const startedAtMs = deps.now();
  const id = newCompletionId(startedAtMs);
  const [first] = candidates.models;
  const row = openRow({
    id,
    kind: 'embedding',
    caller,
    model: first,
    promptId: null,
    promptVersionId: null,
    cache: 'BYPASS',
    startedAtMs,
    ownerId: deps.ownerId,
  });
  const meters = new Meters(deps.quota, caller, id, candidates.timeouts.totalMs, deps.log);
  await meters.reserve(upperBound(first, inputTokensMax, 0));
  try {
    await deps.ledger.open(row);
  } catch (error) {
    await meters.release();
    throw error;
  }

  const abort = new AbortController();
  const done = embedOnce(input, { id, startedAtMs, inputTokensMax, candidates, meters }, signal, abort, deps);
  deps.running.join({ done, cancel: (message) => abort.abort(new Cancelled(message)) });
  return done;
}

/** Asks, settles and closes the row. `abort` stops it. */
async function embedOnce(
  input: EmbedInput,
  { id, startedAtMs, inputTokensMax, candidates, meters }: EmbeddingStart,
  signal: AbortSignal,
  abort: AbortController,
  deps: EmbedDeps,
): Promise<EmbeddingsData> {
  const { now } = deps;
  const [first] = candidates.models;
  const { totalMs } = candidates.timeouts;
  const total = setTimeout(() => {
    const message = `The embedding has not ended within ${totalMs} ms.`;
    abort.abort(new ProviderFailure('PROVIDER_TIMEOUT', message, { retryable: false }));
  }, totalMs);
  const onLeave = () => abort.abort(new Cancelled('The client has gone.'));
  if (signal.aborted) onLeave();
  signal.addEventListener('abort', onLeave, { once: true });

  const tally = new Tally();
  const tried = new Set<string>();
  let model = first;
  let answer: EmbeddingAnswer | null = null;
  let end: AttemptEnd | null = null;

  async function attempt(): Promise<AttemptEnd> {
    const attemptAtMs = now();
    const tellHealth = deps.health.begin(model.id, model.provider.id);
    let result: AttemptEnd;
    let sent = false;
    try {
      abort.signal.throwIfAborted();
      const provider = await untilAborted(
        Promise.resolve(deps.pool.take(model.provider, tried)),
        abort.signal,
      );
      const { dimensions } = input;
      const call = { model: model.name, values: input.values, signal: abort.signal };
      sent = true;
      const asked = provider.embed(dimensions == null ? call : { ...call, dimensions });
      answer = await untilAborted(asked, abort.signal);
      const whole = { text: '', reasoning: null, toolCalls: [], finishReason: 'STOP' as const };
      result = { outcome: 'SUCCEEDED', answer: { ...whole, usage: answer.usage } };
    } catch (error) {
      result = failedAttempt(error, abort.signal, sent);
    }
    const durationMs = now() - attemptAtMs;
    tellHealth(healthOf(result, durationMs, null));
    tally.add(model, result, { startedAtMs: attemptAtMs, durationMs }, inputTokensMax);
    return result;
  }

  /** What was used so far and the next attempt must fit the limits too. */
  async function reserveFor(next: CatalogModel): Promise<HeddleError | null> {
    const bound = upperBound(next, inputTokensMax, 0);
    const { tokens, costNanos } = tally.used;
    try {
      await meters.reserve({ tokens: tokens + bound.tokens, costNanos: costNanos + bound.costNanos });
      return null;
    } catch (error) {
      if (error instanceof HeddleError) return error;
      throw error;
    }
  }

  let refusal: HeddleError | null = null;
  let failure: ClientFailure | null = null;
  try {
    for (let candidate = 0; ; ) {
      model = candidates.models[candidate] ?? first;
      end = await attempt();
      if (end.outcome !== 'FAILED' || abort.signal.aborted) break;
      const next = nextStep(end.failure, {
        candidate,
        candidates: candidates.models.length,
        attempts: tally.attempts.length,
        maxAttempts: candidates.maxAttempts,
        random: deps.random,
      });
      if (next.step === 'STOP') break;
      candidate = next.candidate;
      if (next.delayMs > 0) await deps.delay(next.delayMs, abort.signal).catch(() => undefined);
      refusal = await reserveFor(candidates.models[candidate] ?? first);
      if (refusal !== null || abort.signal.aborted) break;
    }
  } finally {
    clearTimeout(total);
    signal.removeEventListener('abort', onLeave);
    const endedAtMs = now();
    failure =
      refusal !== null
        ? failureOfError(refusal)
        : end?.outcome === 'FAILED'
          ? failureOfProvider(end.failure)
          : null;
    const closing: InvocationClosing = {
      status: end?.outcome ?? 'FAILED',
      modelId: model.id,
      providerId: model.provider.id,
      usage: tally.usage,
      costNanos: tally.costNanos,
      cache: 'BYPASS',
      latencyMs: endedAtMs - startedAtMs,
      timeToFirstTokenMs: null,
      errorCode: failure?.code ?? (end === null ? internalFailure.code : null),
      endedAt: new Date(endedAtMs),
      attempts: tally.attempts.map(attemptRecord),
    };
    await Promise.all([meters.settle(tally.used), deps.ledger.close(id, closing, null)]);
  }

  if (failure !== null) {
    const { code, message, retryAfterMs, extensions } = failure;
    throw new HeddleError(code, message, {
      extensions: { ...extensions, completionId: id, ...(retryAfterMs === null ? {} : { retryAfterMs }) },
    });
  }
  if (end.outcome === 'CANCELLED' || answer === null) {
    const why = end.outcome === 'CANCELLED' ? end.reason.message : 'The provider gave no answer.';
    throw new HeddleError('PROVIDER_ERROR', `The embedding was stopped: ${why}`, {
      extensions: { completionId: id },
    });
  }
  const { vectors } = answer satisfies EmbeddingAnswer as EmbeddingAnswer;
  return { id, vectors, usage: tally.usage, costNanos: tally.costNanos, modelId: model.id };
}

function failedAttempt(error: unknown, signal: AbortSignal, sent: boolean): AttemptEnd {
  const cause = signal.aborted ? signal.reason : error;
  const cut = sent && signal.aborted;
  if (cause instanceof Cancelled)
    return { outcome: 'CANCELLED', reason: cause, told: null, partial: null, cut };
  const failure =
    cause instanceof ProviderFailure
      ? cause
      : new ProviderFailure('PROVIDER_ERROR', 'The call of the provider failed unexpectedly.', {
          retryable: false,
          cause,
        });
  return { outcome: 'FAILED', failure, told: null, partial: null, cut };
}
