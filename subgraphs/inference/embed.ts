import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { requireModel } from './allowed-names.ts';
import { newCompletionId } from './completion.ts';
import type { InferenceDeps } from './deps.ts';
import { Embedding, type EmbeddingsData } from './embedding.ts';
import type { EmbedInput } from './input-types.ts';
import { type CallOrigin, parseLabels } from './labels.ts';
import { openingRecord } from './ledger/attempt-progress.ts';
import { openRow, reservedRow } from './ledger/rows.ts';
import { Meters } from './meters.ts';
import { candidatesFor } from './route.ts';
import type { Running } from './running.ts';
import { upperBound } from './settle.ts';

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

/**
 * Turns texts into vectors: the same admission, meters, row, retries and settlement as a completion, without stream,
 * cache and content. A failure is thrown with the completionId of its row; `signal` stops the call.
 */
export async function embed(
  input: EmbedInput,
  caller: Caller,
  origin: CallOrigin,
  signal: AbortSignal,
  deps: EmbedDeps,
): Promise<EmbeddingsData> {
  deps.running.admit();
  requireModel(caller, input.model);
  check(input);
  const labels = parseLabels(input, origin);
  await deps.guardrails.input?.({ texts: input.values, urls: [], tenantId: caller.tenantId });
  // The tokens that vendors put around a value count as three bytes.
  const inputBytes = input.values.reduce((sum, value) => sum + Buffer.byteLength(value) + 3, 0);
  const inputTokensMax = Math.ceil(inputBytes / 3);
  // A model's context bounds each value, not all of them together: the provider tells.
  const needs = {
    needs: ['EMBEDDINGS'],
    inputs: [],
    inputTokensMax,
    isOneInput: false,
    maxOutputTokens: 0,
    speedOf: 'WHOLE',
  } as const;
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
    labels,
    cache: 'BYPASS',
    startedAtMs,
    ownerId: deps.ownerId,
    opening: openingRecord(first, { inputTokensMax, outputTokensMax: 0 }),
  });
  const meters = new Meters({
    quota: deps.quota,
    ledger: deps.ledger,
    log: deps.log,
    caller,
    id,
    totalMs: candidates.timeouts.totalMs,
  });
  const bound = upperBound(first, inputTokensMax + deps.inputAllowances.tokensFor(first.id), 0);
  try {
    const atMs = await meters.reserve(bound);
    await deps.ledger.open(reservedRow(row, atMs, bound));
  } catch (error) {
    candidates.release();
    await meters.release();
    throw error;
  }

  const { values, dimensions = null } = input;
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
  const embedding = new Embedding(start, deps);
  deps.running.join(embedding);
  return embedding.done;
}
