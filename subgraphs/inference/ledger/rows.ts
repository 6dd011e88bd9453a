import { type CompletionRecord, completionKeptMs } from '#mongo/completions.ts';
import type { AttemptRecord, InvocationRecord } from '#mongo/invocations.ts';
import type { Caller } from '#schema/caller.ts';
import { HeddleError, isErrorCode } from '#schema/errors.ts';
import { type AttemptData, type CompletionData, noUsage } from '../completion.ts';
import type { CallLabels } from '../labels.ts';
import type { InvocationClosing } from './ledger.ts';

/** What is known of an invocation when it begins. */
export interface RowStart {
  readonly id: string;
  readonly kind: 'completion' | 'embedding';
  readonly caller: Caller;
  readonly model: { readonly id: string; readonly provider: { readonly id: string } };
  readonly promptId: string | null;
  readonly promptVersionId: string | null;
  readonly labels: CallLabels;
  readonly cache: InvocationRecord['cache'];
  readonly startedAtMs: number;
  readonly ownerId: string;
}

/** The row of an invocation that begins. Throws FORBIDDEN for a caller of no tenant: somebody has to pay. */
export function openRow(start: RowStart): InvocationRecord {
  const { caller, model, labels } = start;
  if (caller.tenantId === null) {
    throw new HeddleError('FORBIDDEN', 'This caller belongs to no tenant: use the API key of an app.');
  }
  return {
    _id: start.id,
    kind: start.kind,
    status: 'RUNNING',
    tenantId: caller.tenantId,
    appId: caller.appId,
    keyId: caller.keyId,
    subject: caller.subject,
    modelId: model.id,
    providerId: model.provider.id,
    promptId: start.promptId,
    promptVersionId: start.promptVersionId,
    usage: noUsage,
    costNanos: 0n,
    cache: start.cache,
    latencyMs: null,
    timeToFirstTokenMs: null,
    errorCode: null,
    error: null,
    startedAt: new Date(start.startedAtMs),
    endedAt: null,
    ownerId: start.ownerId,
    attempts: [],
    requestId: labels.requestId,
    ...(labels.clientRequestId === null ? {} : { clientRequestId: labels.clientRequestId }),
    ...(labels.endUserId === null ? {} : { endUserId: labels.endUserId }),
    ...(labels.tags.length === 0 ? {} : { tags: [...labels.tags] }),
  };
}

/** What closes the row of an ended completion. Its error is the last attempt's: whoever has the input gives more words. */
export function closingOf(
  completion: CompletionData,
  providerId: string,
  endedAtMs: number,
  timeToFirstTokenMs: number | null,
): InvocationClosing {
  const { status, modelId, usage, costNanos, cache, error, attempts, createdAtMs } = completion;
  return {
    status,
    modelId,
    providerId,
    usage,
    costNanos: BigInt(costNanos),
    cache,
    latencyMs: endedAtMs - createdAtMs,
    timeToFirstTokenMs,
    errorCode: isErrorCode(error?.code) ? error.code : null,
    error: status === 'FAILED' ? (attempts.at(-1)?.error ?? null) : null,
    endedAt: new Date(endedAtMs),
    attempts: attempts.map(attemptRecord),
  };
}

export function attemptRecord(attempt: AttemptData): AttemptRecord {
  return {
    modelId: attempt.modelId,
    startedAt: new Date(attempt.startedAtMs),
    durationMs: attempt.durationMs,
    outcome: attempt.outcome,
    error: attempt.error,
    usage: attempt.usage,
    usageEstimated: attempt.usageEstimated,
    costNanos: BigInt(attempt.costNanos),
  };
}

/** An answer of more bytes is not kept: with what stands around it, it must fit into one document of 16 MiB. */
const contentBytesMax = 12 * 1024 * 1024;
/** UTF-16 units take at most so many bytes. */
const bytesPerUnit = 3;

/** What is kept of an ended completion; null: it is larger, or nested deeper, than can be kept. */
export function resultOf(completion: CompletionData, endedAtMs: number): CompletionRecord | null {
  const content = jsonOf(completion);
  if (content === null) return null;
  if (content.length * bytesPerUnit > contentBytesMax && Buffer.byteLength(content) > contentBytesMax) {
    return null;
  }
  return { _id: completion.id, content, expiresAt: new Date(endedAtMs + completionKeptMs) };
}

function jsonOf(completion: CompletionData): string | null {
  try {
    return JSON.stringify(completion);
  } catch (error) {
    // Too deep for the stack, or too long for a string: what parses is not bound to be written again.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A completion of which only the row is left: it runs elsewhere, is older than a day, or its process died. */
export function completionOfRow(row: InvocationRecord): CompletionData {
  return {
    id: row._id,
    status: row.status,
    text: '',
    json: null,
    reasoning: null,
    toolCalls: [],
    finishReason: row.status === 'FAILED' ? 'ERROR' : row.status === 'CANCELLED' ? 'CANCELLED' : 'OTHER',
    usage: row.usage,
    costNanos: row.costNanos.toString(),
    cache: row.cache,
    modelId: row.modelId,
    promptVersionId: row.promptVersionId,
    attempts: row.attempts.map((attempt) => ({
      modelId: attempt.modelId,
      startedAtMs: attempt.startedAt.getTime(),
      durationMs: attempt.durationMs,
      outcome: outcomeOf(attempt.outcome),
      error: attempt.error,
      usage: attempt.usage,
      usageEstimated: attempt.usageEstimated ?? false,
      costNanos: attempt.costNanos.toString(),
    })),
    createdAtMs: row.startedAt.getTime(),
    error:
      row.errorCode === null
        ? null
        : {
            code: row.errorCode,
            message: row.error ?? 'It failed; what was said of it is no longer kept.',
            retryAfterMs: null,
          },
  };
}

function outcomeOf(text: string): 'SUCCEEDED' | 'FAILED' | 'CANCELLED' {
  return text === 'SUCCEEDED' || text === 'CANCELLED' ? text : 'FAILED';
}
