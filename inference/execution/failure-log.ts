import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { toGuardrailAttributes } from '#core/guardrail-attributes.ts';
import type { ProviderFailure } from '#providers/provider.ts';
import type { CallLabels } from '../call-labels.ts';
import { type AttemptResult, RefusedAnswer, Stopped } from './attempts/attempt.ts';
import type { ClientFailure } from './outcome.ts';

/** The call that a line is about. */
export interface LoggedCall {
  readonly id: string;
  readonly caller: Caller;
  readonly labels: CallLabels;
}

/** The attempt that a line is about: which one it was, of which model. */
export interface LoggedAttempt {
  readonly model: { readonly id: string; readonly provider: { readonly id: string } };
  readonly number: number;
  readonly durationMs: number;
}

/** Codes of failures that refuse a call, rather than report that it went wrong. */
const refusals: ReadonlySet<string> = new Set([
  'QUOTA_EXCEEDED',
  'BUDGET_EXCEEDED',
  'GUARDRAIL_BLOCKED',
  'NO_ROUTE',
]);

function readIds({ id, caller, labels }: LoggedCall) {
  const { requestId, clientRequestId } = labels;
  return {
    completionId: id,
    requestId,
    ...(clientRequestId === null ? {} : { clientRequestId }),
    tenantId: caller.tenantId,
    keyId: caller.keyId,
  };
}

/** The cause's own code, such as ECONNREFUSED; its words are the vendor's, or the system's about the vendor. */
function readCause({ cause }: ProviderFailure): { readonly cause?: string } {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return { cause: code };
  return cause instanceof Error && /^[A-Za-z]{1,64}$/.test(cause.name) ? { cause: cause.name } : {};
}

/**
 * One line for a provider call that failed; none for one that succeeded or was cancelled. It names code and status, not
 * the vendor's words, which may repeat what the client wrote.
 */
export function logFailedAttempt(
  log: Logger,
  call: LoggedCall,
  end: AttemptResult,
  attempt: LoggedAttempt,
): void {
  // An answer that a guardrail refuses has a line of its own.
  if (end.outcome !== 'FAILED' || end.failure instanceof RefusedAnswer) return;
  const { failure } = end;
  if (failure instanceof Stopped) {
    logCut(log, call);
    return;
  }
  log.warn(
    {
      event: 'attempt_failed',
      ...readIds(call),
      providerId: attempt.model.provider.id,
      modelId: attempt.model.id,
      attempt: attempt.number,
      code: failure.code,
      status: failure.status,
      durationMs: attempt.durationMs,
      retryable: failure.retryable,
      ...(failure.retryAfterMs === null ? {} : { retryAfterMs: failure.retryAfterMs }),
      ...readCause(failure),
    },
    'a provider call failed',
  );
}

/** This process ends before the call has. */
function logCut(log: Logger, call: LoggedCall): void {
  log.warn({ event: 'cut', reason: 'PROCESS_STOPPING', ...readIds(call) }, 'a call was cut');
}

/**
 * One line for a call that failed with a row and for another reason than its last attempt, which has a line of its own:
 * a guardrail refused the answer, a budget had no room for a fallback, the total time was over.
 */
export function logFailedCall(
  log: Logger,
  call: LoggedCall,
  failure: ClientFailure | null,
  lastAttempt: { readonly error: string | null } | undefined,
): void {
  if (failure === null || failure.code === 'INTERNAL') return;
  const isLogged = lastAttempt?.error?.startsWith(`${failure.code}:`) === true;
  if (isLogged && failure.code !== 'GUARDRAIL_BLOCKED') return;
  if (failure.code === 'OVERLOADED') {
    logCut(log, call);
    return;
  }
  const { meter, window, subject, guardrail, stage } = failure.extensions ?? {};
  const refused = refusals.has(failure.code);
  log.warn(
    {
      event: refused ? 'refused' : 'call_failed',
      ...readIds(call),
      code: failure.code,
      ...(refused
        ? { meter, window, subject, guardrail, stage, ...toGuardrailAttributes({ guardrail, stage }) }
        : {}),
    },
    refused ? 'a call was refused' : 'a call failed',
  );
}
