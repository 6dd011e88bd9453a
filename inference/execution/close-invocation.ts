import type { CatalogModel } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import { outputStages } from '#guardrails/pipeline/policy.ts';
import type { GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import type { CompletionData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import type { GuardedCall } from '../guarding/guard-call.ts';
import { toShownRecords, toVerdictRecords } from '../guarding/verdict-records.ts';
import type { NewCompletionResult } from '../ledger/results.ts';
import { findOwnLast, isWithoutWords, toClosing, toCompletionResult, withoutWords } from '../ledger/rows.ts';
import type { Meters } from '../metering/meters.ts';
import { savedByRouting } from '../metering/savings.ts';
import type { CallRecorder } from '../payloads/call-recorder.ts';
import { measureCompletion } from '../payloads/call-sizes.ts';
import type { CompletionRequest } from '../request.ts';
import type { Candidates } from '../routing/route.ts';
import {
  type ClientFailure,
  type ClosedInvocation,
  failed,
  internalFailure,
  type Outcome,
} from './outcome.ts';
import type { UsageAccumulator } from './usage-accumulator.ts';
import { withoutInput } from './without-input.ts';

/** An invocation whose last attempt has ended. */
export interface EndedInvocation {
  readonly id: string;
  readonly caller: Caller;
  readonly request: CompletionRequest;
  readonly meters: Meters;
  readonly candidates: Pick<Candidates, 'firstChoice'>;
  /** The model of the last attempt. */
  readonly model: CatalogModel;
  readonly firstTokenMs: number | null;
  readonly used: UsageAccumulator['used'];
  /** The call as it went to the AI model, and the values that are masked in it. */
  readonly guarded: Pick<GuardedCall, 'call' | 'masks'>;
  /** Gathers the payload of the call; null: none is kept. */
  readonly recorder: CallRecorder | null;
  /** What the guardrails stated of its input and of its answers. */
  readonly verdicts: readonly GuardrailVerdict[];
  /** The completion that clients receive, but for the time of its end. */
  complete(
    status: CompletionStatus,
    answer: Partial<ProviderAnswer>,
    json: unknown,
    failure: ClientFailure | null,
  ): CompletionData;
}

const unkeepable: ClientFailure = {
  code: 'PROVIDER_ERROR',
  message: 'The answer is larger, or nested deeper, than can be kept.',
  retryAfterMs: null,
};

/**
 * Closes the row, then settles the meters. Never rejects: a row that cannot be closed keeps its reservation, which whoever closes
 * it settles, and the completion fails with INTERNAL.
 */
export async function closeInvocation(
  outcome: Outcome,
  ended: EndedInvocation,
  { ledger, log, now, blocks, payloadLog, observer }: InferenceEngine,
): Promise<ClosedInvocation> {
  const { id, request, meters, model, firstTokenMs } = ended;
  const endedAtMs = now();
  const { completion, failure, result } = keepAnswer(outcome, ended, endedAtMs);
  // Those of the input were reported before it was sent.
  observer?.verdicts(ended.verdicts.filter(({ stage }) => outputStages.includes(stage)));
  const by = findBlocking(outcome.failure, ended.verdicts);
  if (by !== undefined) blocks.report(ended.caller, by);
  try {
    const closing = toClosing(completion, model.provider.id, endedAtMs, firstTokenMs);
    closing.error = failure === null ? null : withoutInput(failure.message, request.call);
    if (completion.status === 'SUCCEEDED') {
      const usage = findOwnLast(completion.attempts)?.usage;
      Object.assign(closing, savedByRouting(ended.candidates.firstChoice, model, usage));
    }
    const guardrailVerdicts = toVerdictRecords(ended.verdicts);
    if (guardrailVerdicts !== undefined) closing.guardrailVerdicts = guardrailVerdicts;
    Object.assign(closing, measureCompletion(request, ended.guarded.call, completion));
    const { labels } = request;
    const isKept = labels.retention !== 'NONE';
    const { recorder } = ended;
    const content = recorder === null ? null : () => recorder.end(outcome.answer);
    using payload = await payloadLog.hold({ id, caller: ended.caller, endedAtMs, content });
    if (payload.record !== null) closing.payloadUntil = payload.record.expiresAt;
    const stated = isWithoutWords(labels) ? withoutWords(closing) : closing;
    await ledger.close(id, stated, isKept ? result : null, payload.record);
    await meters.commitUsage(ended.used);
    return { completion, failure };
  } catch (error) {
    log.error({ err: error, completionId: id }, 'a ledger row could not be closed');
    return {
      completion: { ...ended.complete('FAILED', outcome.answer, outcome.json, internalFailure), endedAtMs },
      failure: internalFailure,
    };
  }
}

/** The verdict that has made a call fail; undefined: none has. */
function findBlocking(
  failure: ClientFailure | null,
  verdicts: readonly GuardrailVerdict[],
): GuardrailVerdict | undefined {
  if (failure?.code !== 'GUARDRAIL_BLOCKED') return undefined;
  const guardrail = failure.extensions?.guardrail;
  return verdicts.findLast(({ rule, fired, isShadow }) => fired && !isShadow && rule === guardrail);
}

/** An answer that cannot be kept could not be returned again: the call fails, and the text of an unfinished one is dropped. */
function keepAnswer(
  outcome: Outcome,
  ended: EndedInvocation,
  endedAtMs: number,
): ClosedInvocation & { readonly result: NewCompletionResult | null } {
  const { status, answer, json, failure } = outcome;
  const verdicts = toShownRecords(ended.verdicts);
  const completion = {
    ...ended.complete(status, answer, json, failure),
    ...(verdicts === undefined ? {} : { verdicts }),
    endedAtMs,
  };
  const masks = ended.guarded.masks.entries();
  const kept = masks.length === 0 ? completion : { ...completion, masks };
  const result = toCompletionResult(kept, ended.caller.tenantId ?? '', endedAtMs);
  const isEmpty = Object.keys(answer).length === 0;
  if (result !== null || isEmpty) return { completion, failure, result };
  return keepAnswer(
    status === 'SUCCEEDED' ? failed(unkeepable) : { ...outcome, answer: {} },
    ended,
    endedAtMs,
  );
}
