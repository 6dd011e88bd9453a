import type { GuardedText, RuleContext, RuleResult } from '../guardrail.ts';
import type { ActedFinding } from './edits.ts';
import type { PlannedRule } from './policy.ts';
import { chooseStage, type GuardrailVerdict, guardrailBlocked } from './run.ts';
import { OwnedContext } from './shown-texts.ts';

/** Findings of a verdict that are kept. */
const findingsMax = 100;

/** A finding with the rule that made it, which blocks where it cannot be edited. */
export interface GrowingFinding extends ActedFinding {
  readonly by: PlannedRule;
}

/** The rules that look at the texts of one answer while these grow, and what they have stated: one verdict each. */
export class GrowingRules {
  readonly rules: readonly PlannedRule[];
  readonly #contexts: OwnedContext<RuleContext>;
  readonly #now: () => number;
  readonly #verdicts = new Map<PlannedRule, GuardrailVerdict>();

  constructor(
    rules: readonly PlannedRule[],
    context: RuleContext,
    now: () => number = performance.now.bind(performance),
  ) {
    this.rules = rules;
    this.#contexts = new OwnedContext(context);
    this.#now = now;
  }

  get verdicts(): readonly GuardrailVerdict[] {
    return [...this.#verdicts.values()];
  }

  /** Those that look at a text of these stages. */
  ofStages(stages: GuardedText['stages']): readonly PlannedRule[] {
    return this.rules.filter((rule) => rule.stages.some((stage) => stages.includes(stage)));
  }

  /** The offset from which the end of the text may still become part of a finding. Throws GUARDRAIL_BLOCKED where a rule fails. */
  holdFrom(rule: PlannedRule, guarded: GuardedText): number {
    try {
      return rule.prepared.holdFrom?.(guarded.text, this.#contexts.for(rule)) ?? guarded.text.length;
    } catch {
      // Any error: a rule that protects and fails lets nothing pass.
      throw this.#block(rule, guarded, failedResult, true);
    }
  }

  /**
   * What the rules find in a text between two offsets. Throws GUARDRAIL_BLOCKED where one refuses it, or fails.
   *
   * @param base what the offsets of verdicts are counted from: the place of the text in the whole
   */
  async look(
    rules: readonly PlannedRule[],
    guarded: GuardedText,
    { from, to, base }: { readonly from: number; readonly to: number; readonly base: number },
  ): Promise<readonly GrowingFinding[]> {
    const found: GrowingFinding[] = [];
    for (const rule of rules) {
      const startedAtMs = this.#now();
      let result: RuleResult;
      try {
        result = await rule.prepared.check([guarded], this.#contexts.for(rule));
      } catch {
        // Any error: as above.
        throw this.#block(rule, guarded, failedResult, true);
      }
      const durationMs = this.#now() - startedAtMs;
      if (!result.fired) {
        this.#note(rule, guarded, result, { durationMs });
        continue;
      }
      const findings = result.findings.filter(({ start, end }) => end > from && start < to);
      const isOld = result.findings.length > 0 && findings.length === 0;
      if (isOld) {
        this.#note(rule, guarded, { fired: false }, { durationMs });
        continue;
      }
      const placed = findings.map((each) => ({ ...each, start: base + each.start, end: base + each.end }));
      const { action } = rule;
      if (findings.length === 0 || (action !== 'MASK' && action !== 'REDACT')) {
        throw this.#block(rule, guarded, { ...result, findings: placed }, false, durationMs);
      }
      this.#note(rule, guarded, { ...result, findings: placed }, { durationMs });
      found.push(...findings.map((each) => ({ ...each, action, by: rule })));
    }
    return found;
  }

  /** The error for what a rule has found and cannot edit. */
  refuse(rule: PlannedRule): Error {
    const verdict = this.#verdicts.get(rule);
    return verdict === undefined ? new Error('A rule without a verdict refuses.') : guardrailBlocked(verdict);
  }

  #block(
    rule: PlannedRule,
    guarded: GuardedText,
    result: RuleResult,
    failed: boolean,
    durationMs = 0,
  ): Error {
    this.#note(rule, guarded, result, { durationMs, failed });
    return this.refuse(rule);
  }

  #note(
    rule: PlannedRule,
    { stages }: GuardedText,
    result: RuleResult,
    { durationMs, failed = false }: { readonly durationMs: number; readonly failed?: boolean },
  ): void {
    const before = this.#verdicts.get(rule);
    this.#verdicts.set(rule, {
      rule: rule.rule,
      policyId: rule.policyId,
      version: rule.version,
      stage: result.fired || before === undefined ? chooseStage(rule, stages) : before.stage,
      action: rule.action,
      isShadow: false,
      fired: result.fired || before?.fired === true,
      failed: failed || before?.failed === true,
      reason: before?.reason ?? (result.fired ? result.reason : null),
      findings: [...(before?.findings ?? []), ...(result.fired ? result.findings : [])].slice(0, findingsMax),
      durationMs: (before?.durationMs ?? 0) + durationMs,
    });
  }
}

const failedResult: RuleResult = { fired: true, reason: 'it could not be checked', findings: [] };
