import type { CacheStatus } from '#core/graph-enums.generated.ts';
import { noUsage } from '#providers/provider.ts';
import type { CompletionData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import type { GuardedCall } from '../guarding/guard-call.ts';
import { toShownRecords, toVerdictRecords } from '../guarding/verdict-records.ts';
import { toAttachmentResults } from '../ledger/attachment.ts';
import { openRow, toClosing, toCompletionResult } from '../ledger/rows.ts';
import { savedByCache } from '../metering/savings.ts';
import { writeCompletionPayload } from '../payloads/call-recorder.ts';
import { measureCompletion } from '../payloads/call-sizes.ts';
import type { CallAccount } from '../questions/call-account.ts';
import type { CompletionRequest } from '../request.ts';
import type { CachedAnswer } from './answer-cache.ts';

/** A request after its guardrails. */
export interface GuardedRequest {
  readonly request: CompletionRequest;
  readonly guarded: GuardedCall;
  readonly account: CallAccount;
}

/**
 * Writes the row of a call that an answer which is there already needs no provider for: a new one, or the one that its guardrails have
 * opened. Returns the completion.
 */
export async function answerCall(
  { request, guarded, account }: GuardedRequest,
  found: CachedAnswer,
  cache: CacheStatus,
  engine: Pick<InferenceEngine, 'ledger' | 'now' | 'ownerId' | 'payloadLog' | 'catalog'>,
): Promise<CompletionData> {
  const { ledger, now, ownerId, payloadLog, catalog } = engine;
  const nowMs = now();
  const { id, accumulator, start } = account;
  const { promptVersionId } = request;
  const { verdicts } = guarded;
  const shown = toShownRecords(verdicts);
  const completion: CompletionData = {
    ...found,
    id,
    status: 'SUCCEEDED',
    usage: accumulator.attempts.length === 0 ? noUsage : accumulator.usage,
    costNanos: accumulator.costNanos.toString(),
    cache,
    ...(shown === undefined ? {} : { verdicts: shown }),
    promptVersionId,
    attempts: [...accumulator.attempts],
    createdAtMs: account.hasRow ? account.startedAtMs : nowMs,
    endedAtMs: nowMs,
    error: null,
  };
  const stated = {
    ...savedByCache(catalog.model(found.modelId), found.usage),
    ...measureCompletion(request, guarded.call, completion),
  };
  const providerId = found.modelId.slice(0, found.modelId.indexOf('/'));
  const result = toCompletionResult(completion, start.caller.tenantId ?? '', nowMs);
  const isLogged = request.labels.payloadLogging === 'FULL';
  using payload = await payloadLog.hold({
    ...{ id, caller: start.caller, endedAtMs: nowMs },
    content: isLogged ? () => writeCompletionPayload(request, guarded, found, []) : null,
  });
  if (account.hasRow) {
    const closing = { ...toClosing(completion, providerId, nowMs, null), ...stated };
    if (payload.record !== null) closing.payloadUntil = payload.record.expiresAt;
    await account.close(closing, verdicts, { result, payload: payload.record });
    return completion;
  }
  const model = { id: found.modelId, provider: { id: providerId } };
  const row = openRow({ ...start, model, cache, startedAtMs: nowMs, opening: null, ownerId });
  const guardrailVerdicts = toVerdictRecords(verdicts);
  if (guardrailVerdicts !== undefined) row.guardrailVerdicts = guardrailVerdicts;
  const payloadUntil = await payloadLog.store(payload);
  if (payloadUntil !== null) row.payloadUntil = payloadUntil;
  await ledger.open(
    { ...row, ...stated, status: 'SUCCEEDED', endedAt: new Date(nowMs), latencyMs: 0 },
    ...(result === null ? [] : [result]),
    ...toAttachmentResults(id, row.tenantId, request.attachment, nowMs),
  );
  return completion;
}
