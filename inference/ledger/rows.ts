import type { Caller } from '#core/caller.ts';
import { type ErrorCode, HeddleError, isErrorCode } from '#core/errors.ts';
import { activeSpan } from '#core/tracing/span.ts';
import { toSpanReference } from '#core/tracing/trace-context.ts';
import type { Masks } from '#guardrails/pipeline/masks.ts';
import { completionKeptMs } from '#mongo/completions.ts';
import type { AttemptRecord, InvocationRecord, OpeningRecord } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import type { CallLabels } from '../call-labels.ts';
import type { AttemptData, CompletionData, CompletionError } from '../completion.ts';
import type { UpperBound } from '../metering/usage-cost.ts';
import type { InvocationClosing } from './invocation-closing.ts';
import type { NewCompletionResult } from './results.ts';

/** What is known of an invocation when it begins. */
export interface RowStart {
  readonly id: string;
  /** guardrail: a test of guardrails that have called AI models. */
  readonly kind: 'completion' | 'embedding' | 'guardrail';
  readonly caller: Caller;
  readonly model: { readonly id: string; readonly provider: { readonly id: string } };
  readonly promptId: string | null;
  readonly promptVersionId: string | null;
  readonly labels: CallLabels;
  readonly cache: InvocationRecord['cache'];
  readonly startedAtMs: number;
  readonly ownerId: string;
  /** The provider call that is made first; null: none is. */
  readonly opening: OpeningRecord | null;
}

/** The row of an invocation that begins. Throws FORBIDDEN for a caller of no tenant: every row is billed to one. */
export function openRow(start: RowStart): InvocationRecord {
  const { caller, model, labels } = start;
  if (caller.tenantId === null) {
    throw new HeddleError('FORBIDDEN', 'This caller belongs to no tenant: use the API key of an app.');
  }
  // Fields are added one by one: spreads of records would cost more than the rest of it.
  const row: InvocationRecord = {
    _id: start.id,
    kind: start.kind,
    status: 'RUNNING',
    tenantId: caller.tenantId,
    appId: caller.appId,
    keyId: caller.keyId,
    keyLineId: caller.keyLineId ?? caller.keyId,
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
  };
  if (caller.makerScopes !== undefined) row.makerScopes = [...caller.makerScopes];
  if (caller.teamId !== undefined) {
    row.teamId = caller.teamId;
    // Meters count the row for its team as for the makers of its key.
    row.makerScopes = [...new Set([...(row.makerScopes ?? []), `team:${caller.teamId}`])];
  }
  if (labels.clientRequestId !== null) row.clientRequestId = labels.clientRequestId;
  const span = activeSpan();
  if (span !== undefined) row.trace = toSpanReference(span.context);
  if (labels.endUserId !== null) row.endUserId = labels.endUserId;
  if (labels.conversationId !== undefined) row.conversationId = labels.conversationId;
  if (labels.clientNetwork !== undefined) row.clientNetwork = labels.clientNetwork;
  if (labels.tags.length > 0) row.tags = [...labels.tags];
  if (labels.retention !== undefined) row.retention = labels.retention;
  if (labels.payloadLogging !== undefined) row.payloadLogging = labels.payloadLogging;
  if (start.opening !== null) row.opening = start.opening;
  return row;
}

/** Adds its reservation to a row; it starts at the time that the meters count it at. */
export function reserveInRow(
  row: InvocationRecord,
  atMs: number | null,
  { tokens, costNanos }: UpperBound,
): InvocationRecord {
  if (atMs !== null) row.startedAt = new Date(atMs);
  row.reserved = { tokens: Number(tokens), costNanos };
  return row;
}

/** What closes the row of an ended completion. Its error is the last attempt's: with the input there are more words. */
export function toClosing(
  completion: CompletionData,
  providerId: string,
  endedAtMs: number,
  timeToFirstTokenMs: number | null,
): InvocationClosing {
  const { status, modelId, usage, costNanos, cache, error, attempts, createdAtMs } = completion;
  const closing: InvocationClosing = {
    status,
    modelId,
    providerId,
    usage,
    costNanos: BigInt(costNanos),
    cache,
    latencyMs: endedAtMs - createdAtMs,
    timeToFirstTokenMs,
    errorCode: isErrorCode(error?.code) ? error.code : null,
    error: status === 'FAILED' ? (findOwnLast(attempts)?.error ?? null) : null,
    endedAt: new Date(endedAtMs),
    attempts: attempts.map(attemptRecord),
  };
  if (isUnpriced(attempts)) closing.unpriced = true;
  if (completion.orphaned === true) {
    closing.orphaned = true;
    closing.error = orphanedMessage;
  }
  return closing;
}

/** The words of its failures are not kept: they are a provider's, and may state what the call was about. */
export function isWithoutWords({
  retention,
  payloadLogging,
}: Pick<InvocationRecord, 'retention' | 'payloadLogging'>): boolean {
  return retention === 'NONE' || payloadLogging === 'METADATA';
}

/** The codes of its failures without the words of a provider, for a call of which no content is kept. */
export function withoutWords<T extends Pick<InvocationClosing, 'error' | 'attempts'>>(closing: T): T {
  const attempts = closing.attempts.map((attempt) => ({ ...attempt, error: codeOfError(attempt.error) }));
  return { ...closing, error: null, attempts };
}

/** `CODE: words` of a failed attempt; words without a code are our own. */
function codeOfError(error: string | null): string | null {
  return error === null ? null : (/^[A-Z_]+(?=: )/.exec(error)?.[0] ?? error);
}

/** The mark of a row with an incomplete cost; nothing for any other. */
export function markUnpriced(attempts: readonly { readonly unpriced?: true }[]): {
  readonly unpriced?: true;
} {
  return isUnpriced(attempts) ? { unpriced: true } : {};
}

function isUnpriced(attempts: readonly { readonly unpriced?: true }[]): boolean {
  return attempts.some(({ unpriced }) => unpriced);
}

/** The last attempt of the call itself; undefined: it has made none. */
export function findOwnLast<T extends Pick<AttemptData, 'guardrail'>>(attempts: readonly T[]): T | undefined {
  return attempts.findLast(({ guardrail }) => guardrail === undefined);
}

export function attemptRecord(attempt: AttemptData): AttemptRecord {
  const record: AttemptRecord = {
    modelId: attempt.modelId,
    startedAt: new Date(attempt.startedAtMs),
    durationMs: attempt.durationMs,
    outcome: attempt.outcome,
    error: attempt.error,
    usage: attempt.usage,
    usageEstimated: attempt.usageEstimated,
    costNanos: BigInt(attempt.costNanos),
  };
  if (attempt.unpriced === true) record.unpriced = true;
  if (attempt.guardrail !== undefined) record.guardrail = attempt.guardrail;
  return record;
}

/** An answer of more bytes is not kept: sealed, it must fit into one document of 16 MiB. */
const contentBytesMax = 11 * 1024 * 1024;
/** UTF-16 units take at most so many bytes. */
const bytesPerUnit = 3;

/** A completion as it is kept: the values that its placeholders stood for are sealed, and deleted, with it. */
export interface KeptCompletion extends CompletionData {
  /** Absent: nothing was masked. */
  readonly masks?: ReturnType<Masks['entries']>;
}

/** What is kept of an ended completion; null: it is larger, or nested deeper, than can be kept. */
export function toCompletionResult(
  completion: KeptCompletion,
  tenantId: string,
  endedAtMs: number,
): NewCompletionResult | null {
  const content = toJson(completion);
  if (content === null) return null;
  if (content.length * bytesPerUnit > contentBytesMax && Buffer.byteLength(content) > contentBytesMax) {
    return null;
  }
  return { _id: completion.id, tenantId, content, expiresAt: new Date(endedAtMs + completionKeptMs) };
}

function toJson(completion: KeptCompletion): string | null {
  try {
    return JSON.stringify(completion);
  } catch (error) {
    // Too deep for the stack, or too long for a string: what parses is not bound to be written again.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A completion of which only the row is left: it runs elsewhere, is older than a day, or nothing more could be kept. */
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
      outcome: toAttemptOutcome(attempt.outcome),
      error: attempt.error,
      usage: attempt.usage,
      usageEstimated: attempt.usageEstimated ?? false,
      ...(attempt.unpriced === true ? { unpriced: true as const } : {}),
      costNanos: attempt.costNanos.toString(),
      ...(attempt.guardrail == null ? {} : { guardrail: attempt.guardrail }),
    })),
    createdAtMs: row.startedAt.getTime(),
    ...(row.endedAt === null ? {} : { endedAtMs: row.endedAt.getTime() }),
    error: row.errorCode === null ? null : errorOfRow(row.errorCode, row),
    ...(row.orphaned === true ? { orphaned: true as const } : {}),
    ...(row.retention === 'NONE' && row.status === 'SUCCEEDED' ? { unkept: true as const } : {}),
  };
}

/** The failure of a call after its process died. */
export const orphanedMessage =
  'The process that ran this call ended before the call did; what it used is estimated. It may be called again, with the same idempotencyKey too.';

/** The wait before a call may be made again after its process died: practically none. */
const orphanedRetryAfterMs = 1_000;

function errorOfRow(code: ErrorCode, { error, endedAt, orphaned }: InvocationRecord): CompletionError {
  const wasKept = endedAt !== null && Date.now() - endedAt.getTime() >= completionKeptMs;
  // The rows of older versions of Heddle have no message.
  const unknown = wasKept
    ? 'It failed more than a day ago; its message is no longer kept.'
    : 'It failed; the log has more under the completionId.';
  return { code, message: error ?? unknown, retryAfterMs: orphaned === true ? orphanedRetryAfterMs : null };
}

function toAttemptOutcome(text: string): 'SUCCEEDED' | 'FAILED' | 'CANCELLED' {
  return text === 'SUCCEEDED' || text === 'CANCELLED' ? text : 'FAILED';
}
