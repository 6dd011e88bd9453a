import type { Finding } from '#guardrails/guardrail.ts';
import type { GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { GuardrailVerdictRecord } from '#mongo/invocations.ts';

/** A verdict for clients; one of a test has the places too. */
export interface ShownVerdict extends GuardrailVerdictRecord {
  readonly spans?: readonly Pick<Finding, 'start' | 'end' | 'kind'>[];
}

/** Verdicts of one call that its row keeps. */
const verdictsMax = 50;

/** What the row of a call keeps of its verdicts: those of rules that found something or could not look. Undefined: none did. */
export function toVerdictRecords(
  verdicts: readonly GuardrailVerdict[],
): readonly GuardrailVerdictRecord[] | undefined {
  if (verdicts.length === 0) return undefined;
  const kept = verdicts.filter(({ fired, failed }) => fired || failed);
  return kept.length === 0 ? undefined : kept.slice(0, verdictsMax).map(toVerdictRecord);
}

/** What the caller of a call sees of its verdicts: all but those of LOG and SHADOW. Undefined: there is none. */
export function toShownRecords(
  verdicts: readonly GuardrailVerdict[],
): readonly GuardrailVerdictRecord[] | undefined {
  return toVerdictRecords(verdicts.filter(({ action, isShadow }) => action !== 'LOG' && !isShadow));
}

export function toVerdictRecord(verdict: GuardrailVerdict): GuardrailVerdictRecord {
  const { rule, policyId, version, stage, action, isShadow, fired, failed, reason, durationMs } = verdict;
  const kinds = Map.groupBy(verdict.findings, ({ kind }) => kind);
  return {
    rule,
    policyId,
    policyVersion: policyId === null ? null : version,
    stage,
    action,
    shadow: isShadow,
    fired,
    failed,
    reason,
    findings: [...kinds].map(([kind, found]) => ({ kind, count: found.length })),
    durationMs: Math.round(durationMs * 1_000) / 1_000,
  };
}
