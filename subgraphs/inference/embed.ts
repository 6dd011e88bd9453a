import type { Caller } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import type { GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import { resolveModel } from '#inference/admission/allowed-names.ts';
import type { CallLabels, CallOrigin } from '#inference/call-labels.ts';
import { newCompletionId } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { Embedding, type EmbeddingsData } from '#inference/execution/embedding.ts';
import { openingRecord } from '#inference/ledger/attempt-progress.ts';
import { openRow, reserveInRow } from '#inference/ledger/rows.ts';
import { larger, type Meters } from '#inference/metering/meters.ts';
import { upperBound } from '#inference/metering/usage-cost.ts';
import { measureEmbedding } from '#inference/payloads/call-sizes.ts';
import { CallAccount } from '#inference/questions/call-account.ts';
import { guardInput } from '#inference/questions/guard-input.ts';
import type { PlannedCall } from '#inference/request.ts';
import { candidatesFor, type RoutingNeeds } from '#inference/routing/route.ts';
import { traceEmbedding } from '#inference/tracing/call-span.ts';
import type { EmbedInput } from './generated.ts';
import { parseLabels } from './input/labels.ts';

const valuesMax = 2_048;
const dimensionsMax = 65_536;

function check({ values, dimensions }: EmbedInput): void {
  if (values.length === 0 || values.length > valuesMax) {
    badInput('values', `must hold 1 to ${valuesMax} texts.`);
  }
  const empty = values.indexOf('');
  if (empty >= 0) badInput(`values[${empty}]`, 'must not be empty.');
  if (dimensions != null && (dimensions < 1 || dimensions > dimensionsMax)) {
    badInput('dimensions', `must be 1 to ${dimensionsMax}.`);
  }
}

function measureValues({ values }: EmbedInput): {
  readonly inputBytes: number;
  readonly inputTokensMax: number;
} {
  // The tokens that vendors put around a value count as three bytes.
  const inputBytes = values.reduce((sum, value) => sum + Buffer.byteLength(value) + 3, 0);
  return { inputBytes, inputTokensMax: Math.ceil(inputBytes / 3) };
}

function routingNeeds(inputTokensMax: number): RoutingNeeds {
  // A model's context bounds each value, not all of them together: the provider decides.
  return {
    needs: ['EMBEDDINGS'],
    inputs: [],
    inputTokensMax,
    isOneInput: false,
    maxOutputTokens: 0,
    speedKind: 'WHOLE',
  };
}

/** What the embedding may draw, with any of its candidates. */
export function planEmbedding(
  input: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  engine: InferenceEngine,
): Promise<PlannedCall> {
  return watchRefusals(input, caller, origin, engine, () => plan(input, caller, engine));
}

function watchRefusals<T>(
  { model: name }: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  { refused }: InferenceEngine,
  run: () => Promise<T>,
): Promise<T> {
  return refused.watch({ action: 'embedding.call', name, caller, origin }, run);
}

async function plan(input: EmbedInput, caller: Caller, engine: InferenceEngine): Promise<PlannedCall> {
  const model = await resolveModel(input.model, caller, engine);
  check(input);
  const { inputTokensMax } = measureValues(input);
  const candidates = await candidatesFor(model, routingNeeds(inputTokensMax), caller, engine);
  candidates.release();
  const bounds = candidates.models.map((model) =>
    upperBound(model, inputTokensMax + engine.inputAllowances.tokensFor(model.id), 0),
  );
  return {
    bound: bounds.reduce(larger),
    totalMs: candidates.timeouts.totalMs,
    isBackground: false,
    sameAs: null,
    action: 'embedding.call',
    name: input.model,
  };
}

/**
 * Turns texts into vectors: the same admission, meters, row, retries and settlement as a completion, without stream,
 * cache and content. A failure is thrown with the completionId of its row; `signal` stops the call. `reserved` may hold a
 * reservation for it.
 */
export function embed(
  input: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  signal: AbortSignal,
  engine: InferenceEngine,
  reserved?: Meters,
): Promise<EmbeddingsData> {
  return watchRefusals(input, caller, origin, engine, () =>
    start(input, caller, origin, signal, engine, reserved),
  );
}

async function start(
  input: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  signal: AbortSignal,
  engine: InferenceEngine,
  reserved: Meters | undefined,
): Promise<EmbeddingsData> {
  engine.running.admit();
  const model = await resolveModel(input.model, caller, engine);
  check(input);
  const labels = parseLabels(input, origin);
  return traceEmbedding(() => guardAndEmbed(input, model, { caller, labels, signal }, engine, reserved));
}

async function guardAndEmbed(
  input: EmbedInput,
  model: string,
  {
    caller,
    labels,
    signal,
  }: { readonly caller: Caller; readonly labels: CallLabels; readonly signal: AbortSignal },
  engine: InferenceEngine,
  reserved: Meters | undefined,
): Promise<EmbeddingsData> {
  const plan = engine.guardrails.planFor({ caller, promptId: null, name: input.model, modelId: model });
  const id = reserved?.id ?? newCompletionId(engine.now());
  const account = new CallAccount(
    {
      ...{ id, kind: 'embedding', caller, promptId: null, promptVersionId: null, labels },
      ...{ input: input.values, meters: reserved },
    },
    engine,
  );
  try {
    const guarded = await guardInput(input.values, plan, account, signal, engine);
    const embedding = await begin(
      { ...input, values: guarded.values },
      model,
      guarded.verdicts,
      signal,
      account,
      engine,
    );
    engine.running.join(embedding);
    return await embedding.done;
  } catch (error) {
    throw await account.fail(error);
  }
}

/** Reserves what the embedding may take, and keeps durable that it begins. */
async function begin(
  input: EmbedInput,
  model: string,
  verdicts: readonly GuardrailVerdict[],
  signal: AbortSignal,
  account: CallAccount,
  engine: InferenceEngine,
): Promise<Embedding> {
  const { values, dimensions = null } = input;
  const { id, start } = account;
  const { caller, labels } = start;
  const { inputBytes, inputTokensMax } = measureValues(input);
  const candidates = await candidatesFor(model, routingNeeds(inputTokensMax), caller, engine);
  const [first] = candidates.models;
  const isReserved = !account.hasRow;
  const startedAtMs = isReserved ? engine.now() : account.startedAtMs;
  const meters = account.openMeters(candidates.timeouts.totalMs);
  const bound = upperBound(first, inputTokensMax + engine.inputAllowances.tokensFor(first.id), 0);
  if (isReserved) {
    const opening = openingRecord(first, { inputTokensMax, outputTokensMax: 0 });
    const { ownerId } = engine;
    const row = openRow({ ...start, model: first, cache: 'BYPASS', startedAtMs, ownerId, opening });
    Object.assign(row, measureEmbedding(labels, values));
    try {
      const atMs = await meters.reserve(bound);
      await engine.ledger.open(reserveInRow(row, atMs, bound));
    } catch (error) {
      candidates.release();
      await meters.release();
      throw error;
    }
  }
  return new Embedding(
    {
      ...{ id, caller, labels, values, dimensions, inputTokensMax, inputBytes, candidates, meters },
      ...{ startedAtMs, signal, account, isReserved, verdicts },
    },
    engine,
  );
}
