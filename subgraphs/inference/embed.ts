import type { Caller } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import { resolveModel } from '#inference/admission/allowed-names.ts';
import type { CallOrigin } from '#inference/call-labels.ts';
import { newCompletionId } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { Embedding, type EmbeddingsData } from '#inference/execution/embedding.ts';
import { guardValues } from '#inference/guarding/guard-call.ts';
import { toVerdictRecords } from '#inference/guarding/verdict-records.ts';
import { openingRecord } from '#inference/ledger/attempt-progress.ts';
import { openRow, reserveInRow } from '#inference/ledger/rows.ts';
import { larger, Meters } from '#inference/metering/meters.ts';
import { upperBound } from '#inference/metering/usage-cost.ts';
import type { PlannedCall } from '#inference/request.ts';
import { candidatesFor, type RoutingNeeds } from '#inference/routing/route.ts';
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
export async function planEmbedding(
  input: EmbedInput,
  caller: Caller,
  engine: InferenceEngine,
): Promise<PlannedCall> {
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
  };
}

/**
 * Turns texts into vectors: the same admission, meters, row, retries and settlement as a completion, without stream,
 * cache and content. A failure is thrown with the completionId of its row; `signal` stops the call. `reserved` may hold a
 * reservation for it.
 */
export async function embed(
  input: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  signal: AbortSignal,
  engine: InferenceEngine,
  reserved?: Meters,
): Promise<EmbeddingsData> {
  engine.running.admit();
  const model = await resolveModel(input.model, caller, engine);
  check(input);
  const labels = parseLabels(input, origin);
  const plan = engine.guardrails.planFor({ caller, promptId: null, name: input.model, modelId: model });
  const party = engine.consents.of(caller, labels.endUserId);
  const guarding = guardValues(
    input.values,
    await party.bind(plan),
    { ...party, verdicts: engine.verdicts },
    signal,
  );
  const guarded = await engine.blocks.watch(caller, guarding);
  const { values } = guarded;
  const { inputBytes, inputTokensMax } = measureValues(input);
  const candidates = await candidatesFor(model, routingNeeds(inputTokensMax), caller, engine);
  const startedAtMs = engine.now();
  const id = reserved?.id ?? newCompletionId(startedAtMs);
  const [first] = candidates.models;
  const row = openRow({
    id,
    kind: 'embedding',
    caller,
    model: first,
    promptId: null,
    promptVersionId: null,
    labels,
    cache: 'BYPASS',
    startedAtMs,
    ownerId: engine.ownerId,
    opening: openingRecord(first, { inputTokensMax, outputTokensMax: 0 }),
  });
  const guardrailVerdicts = toVerdictRecords(guarded.verdicts);
  if (guardrailVerdicts !== undefined) row.guardrailVerdicts = guardrailVerdicts;
  const meters =
    reserved ??
    new Meters({
      quota: engine.quota,
      alerts: engine.alerts,
      ledger: engine.ledger,
      log: engine.log,
      caller,
      id,
      totalMs: candidates.timeouts.totalMs,
    });
  const bound = upperBound(first, inputTokensMax + engine.inputAllowances.tokensFor(first.id), 0);
  try {
    const atMs = await meters.reserve(bound);
    await engine.ledger.open(reserveInRow(row, atMs, bound));
  } catch (error) {
    candidates.release();
    await meters.release();
    throw error;
  }

  const { dimensions = null } = input;
  const start = {
    id,
    caller,
    labels,
    values,
    dimensions,
    inputTokensMax,
    inputBytes,
    candidates,
    meters,
    startedAtMs,
    signal,
  };
  const embedding = new Embedding(start, engine);
  engine.running.join(embedding);
  return embedding.done;
}
