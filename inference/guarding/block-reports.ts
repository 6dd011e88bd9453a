import type { Caller } from '#core/caller.ts';
import { toNodeId } from '#core/node-id.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import { GuardrailBlocked, type GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { EventReports } from '#mongo/event-reports.ts';

const hourMs = 3_600_000;

/**
 * Reports what guardrails have blocked as the event `guardrail.blocked`: once an hour, among all processes, for each tenant, policy and rule.
 * `observer` gets what they state of inputs.
 */
export class BlockReports {
  readonly #reports: EventReports;
  readonly #now: () => number;
  readonly #observer: Pick<InferenceObserver, 'verdicts'> | undefined;

  constructor({
    reports,
    now,
    observer,
  }: {
    readonly reports: EventReports;
    readonly now: () => number;
    readonly observer?: Pick<InferenceObserver, 'verdicts'> | undefined;
  }) {
    this.#reports = reports;
    this.#now = now;
    this.#observer = observer;
  }

  /** What the guardrails let through; where they block, that is reported and thrown. */
  async watch<T extends { readonly verdicts: readonly GuardrailVerdict[] }>(
    caller: Pick<Caller, 'tenantId' | 'appId'>,
    guarding: Promise<T>,
  ): Promise<T> {
    try {
      const guarded = await guarding;
      this.#observer?.verdicts(guarded.verdicts);
      return guarded;
    } catch (error) {
      if (error instanceof GuardrailBlocked) {
        this.#observer?.verdicts([error.by]);
        this.report(caller, error.by);
      }
      throw error;
    }
  }

  /** Returns at once and never throws. */
  report({ tenantId, appId }: Pick<Caller, 'tenantId' | 'appId'>, by: GuardrailVerdict): void {
    const { policyId, version, rule, stage, action } = by;
    const hour = Math.floor(this.#now() / hourMs);
    const once = `guardrail.blocked:${JSON.stringify([tenantId, policyId, rule])}:${hour}`;
    const subject = policyId === null ? null : toNodeId('GuardrailPolicy', policyId);
    const policyVersion = policyId === null ? null : version;
    const data = { appId, rule, stage, action, policyVersion };
    this.#reports.report({ type: 'guardrail.blocked', tenantId, subject, data }, once);
  }
}
