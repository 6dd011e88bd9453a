import type { Caller } from '#core/caller.ts';
import type { CacheStatus } from '#core/graph-enums.generated.ts';
import type { InvocationRecord } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import type { CompletionData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import type { GuardedCall } from '../guarding/guard-call.ts';
import { toVerdictRecords, toWarnings } from '../guarding/verdict-records.ts';
import { toAttachmentResults } from '../ledger/attachment.ts';
import { openRow, type RowStart, toCompletionResult } from '../ledger/rows.ts';
import { buildPayload } from '../payloads/call-recorder.ts';
import type { CompletionRequest } from '../request.ts';
import type { CachedAnswer } from './answer-cache.ts';

/** A request after its guardrails. */
export interface AdmittedRequest {
  readonly id: string;
  readonly request: CompletionRequest;
  readonly guarded: GuardedCall;
  readonly caller: Caller;
}

/** The row of the call. */
export function buildRow(
  { id, caller, request: { promptId, promptVersionId, labels } }: AdmittedRequest,
  start: Pick<RowStart, 'model' | 'cache' | 'startedAtMs' | 'opening' | 'ownerId'>,
): InvocationRecord {
  return openRow({ ...start, id, caller, kind: 'completion', promptId, promptVersionId, labels });
}

/** Writes the row of a call that an answer which is there already needs no provider for; the completion. */
export async function answerCall(
  call: AdmittedRequest,
  found: CachedAnswer,
  cache: CacheStatus,
  { ledger, now, ownerId, payloadLog }: Pick<InferenceEngine, 'ledger' | 'now' | 'ownerId' | 'payloadLog'>,
): Promise<CompletionData> {
  const { id, request } = call;
  const nowMs = now();
  const { promptVersionId } = request;
  const warnings = toWarnings(call.guarded.verdicts);
  const completion: CompletionData = {
    ...found,
    id,
    status: 'SUCCEEDED',
    usage: noUsage,
    costNanos: '0',
    cache,
    ...(warnings === undefined ? {} : { warnings }),
    promptVersionId,
    attempts: [],
    createdAtMs: nowMs,
    endedAtMs: nowMs,
    error: null,
  };
  const providerId = found.modelId.slice(0, found.modelId.indexOf('/'));
  const model = { id: found.modelId, provider: { id: providerId } };
  const row = buildRow(call, { model, cache, startedAtMs: nowMs, opening: null, ownerId });
  const result = toCompletionResult(completion, row.tenantId, nowMs);
  const guardrailVerdicts = toVerdictRecords(call.guarded.verdicts);
  if (guardrailVerdicts !== undefined) row.guardrailVerdicts = guardrailVerdicts;
  const isLogged = request.labels.payloadLogging === 'FULL';
  using payload = await payloadLog.hold({
    ...{ id, caller: call.caller, endedAtMs: nowMs },
    content: isLogged ? buildPayload(request, call.guarded, found, []) : null,
  });
  const payloadUntil = await payloadLog.store(payload);
  if (payloadUntil !== null) row.payloadUntil = payloadUntil;
  await ledger.open(
    { ...row, status: 'SUCCEEDED', endedAt: new Date(nowMs), latencyMs: 0 },
    ...(result === null ? [] : [result]),
    ...toAttachmentResults(id, row.tenantId, request.attachment, nowMs),
  );
  return completion;
}
