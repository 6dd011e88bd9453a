import { HeddleError } from '#core/errors.ts';
import type { ModerationScores } from '#core/moderation-categories.ts';
import {
  type Finding,
  type GuardedText,
  type GuardrailAction,
  type GuardrailStage,
  guardrailStages,
  type ModelQuestion,
  type ModerationQuestion,
  type RuleContext,
  type RuleResult,
} from '../guardrail.ts';
import { cutPlaceholders } from './cut-placeholders.ts';
import { type ActedFinding, editPieces, putPieces } from './edits.ts';
import type { Masks, TextPiece } from './masks.ts';
import { type GuardrailPlan, inputStages, outputStages, type PlannedRule } from './policy.ts';
import { findWithin, moveSpans, OwnedContext, type ShownText, ShownTexts } from './shown-texts.ts';
import type { VerdictCache } from './verdict-cache.ts';

/** Calls AI models for a rule, as the context of the rule does. */
export interface RuleModels {
  readonly callModel: (question: ModelQuestion, rule: PlannedRule, signal: AbortSignal) => Promise<string>;
  readonly moderate: (
    question: ModerationQuestion,
    rule: PlannedRule,
    signal: AbortSignal,
  ) => Promise<ModerationScores>;
}

/** What the rules of a call share: what each may know, and how REMOTE ones reach out. */
export interface RunContext extends Omit<RuleContext, keyof RuleModels> {
  /** Absent: not possible here. */
  readonly models?: RuleModels;
  /** Absent: every rule looks each time. */
  readonly verdicts?: VerdictCache;
}

/** What one rule stated of one call or answer. It holds nothing of the texts. */
export interface GuardrailVerdict {
  readonly rule: string;
  /** Null: of HEDDLE_GUARDRAILS, or of a test. */
  readonly policyId: string | null;
  readonly version: number;
  readonly stage: GuardrailStage;
  readonly action: GuardrailAction;
  readonly isShadow: boolean;
  readonly fired: boolean;
  /** The rule could not look. */
  readonly failed: boolean;
  /** Null: it did not fire. */
  readonly reason: string | null;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
}

/** What the rules of one direction come to. Edits are new texts by the number of the text. */
export type StageOutcome = {
  readonly verdicts: readonly GuardrailVerdict[];
  readonly edits: ReadonlyMap<number, string>;
} & (
  | { readonly kind: 'PASSED' }
  | { readonly kind: 'BLOCKED'; readonly by: GuardrailVerdict }
  | { readonly kind: 'RETRY'; readonly by: GuardrailVerdict; readonly note: string }
  | { readonly kind: 'REROUTE'; readonly by: GuardrailVerdict; readonly model: string }
  | { readonly kind: 'REPAIRED'; readonly by: GuardrailVerdict; readonly text: string }
);

export interface RunOptions {
  readonly direction: 'INPUT' | 'OUTPUT';
  readonly context: RunContext;
  readonly masks: Masks;
  readonly random?: () => number;
  readonly now?: () => number;
}

/** Actions whose rule has to have looked: where it cannot, the text does not pass. */
const protecting: ReadonlySet<GuardrailAction> = new Set(['BLOCK', 'MASK', 'REDACT', 'RETRY', 'REROUTE']);

/**
 * Runs the rules of a plan over the texts of a call or of an answer. LOCAL rules run in their order and see the texts as they came;
 * their edits are made together. REMOTE rules run at the same time, and see the texts as edited. The first that refuses ends it. Of texts that the
 * mesh has written, rules of tenants see the caller's values alone, and edit them in their places.
 * Never rejects over a rule.
 */
export async function runGuardrails(
  plan: GuardrailPlan,
  texts: readonly GuardedText[],
  options: RunOptions,
): Promise<StageOutcome> {
  const stages = options.direction === 'INPUT' ? inputStages : outputStages;
  const random = options.random ?? Math.random;
  const due = plan.rules.filter(
    (rule) =>
      rule.stages.some((stage) => stages.includes(stage)) && (rule.sample >= 1 || random() < rule.sample),
  );
  const run = new Run(texts, options);
  for (const rule of due) {
    if (rule.reach === 'LOCAL' && (await run.look(rule))) return run.outcome();
  }
  run.edit();
  const remote = due.filter((rule) => rule.reach === 'REMOTE');
  if (remote.length === 0 || run.isRefused) return run.outcome();
  await Promise.all(remote.map((rule) => run.look(rule)));
  run.edit();
  return run.outcome();
}

/** The error of what was blocked: for the client, and quoting nothing. */
export class GuardrailBlocked extends HeddleError {
  readonly by: GuardrailVerdict;
  /** Of all rules that have looked. */
  readonly verdicts: readonly GuardrailVerdict[];

  constructor(by: GuardrailVerdict, verdicts: readonly GuardrailVerdict[]) {
    const what = inputStages.includes(by.stage) ? 'input' : 'output';
    super('GUARDRAIL_BLOCKED', `The guardrail ${by.rule} refuses the ${what}: ${by.reason}.`, {
      extensions: { guardrail: by.rule, stage: what },
    });
    this.by = by;
    this.verdicts = verdicts;
  }
}

export function guardrailBlocked(
  by: GuardrailVerdict,
  verdicts: readonly GuardrailVerdict[] = [by],
): GuardrailBlocked {
  return new GuardrailBlocked(by, verdicts);
}

/** The stage that a verdict names: the narrowest of the text's that the rule is for. */
export function chooseStage(
  { stages }: Pick<PlannedRule, 'stages'>,
  ofText: readonly GuardrailStage[],
): GuardrailStage {
  return guardrailStages.findLast((stage) => ofText.includes(stage) && stages.includes(stage)) ?? 'INPUT';
}

/** The state of one run. */
class Run {
  readonly #texts: readonly GuardedText[];
  readonly #options: RunOptions;
  readonly #contexts: OwnedContext<RunContext>;
  /** As they are edited by now. */
  readonly #current: GuardedText[];
  #shown: ShownTexts;
  /** Findings that are to be edited, by the number of their text, with the last verdict that requires it. */
  readonly #pending = new Map<number, { readonly findings: ActedFinding[]; last: GuardrailVerdict }>();
  readonly #verdicts: GuardrailVerdict[] = [];
  #blocked: GuardrailVerdict | null = null;
  #diverted: {
    readonly by: GuardrailVerdict;
    readonly rule: PlannedRule;
    readonly repaired?: string;
  } | null = null;

  constructor(texts: readonly GuardedText[], options: RunOptions) {
    this.#texts = texts;
    this.#options = options;
    this.#contexts = new OwnedContext(options.context);
    this.#current = [...texts];
    this.#shown = new ShownTexts(texts);
  }

  get isRefused(): boolean {
    return this.#blocked !== null;
  }

  /** Runs a rule over those of the texts that it may see and that stand in its stages; true: it blocks. */
  async look(rule: PlannedRule): Promise<boolean> {
    const shown = this.#shown
      .for(rule)
      .filter(({ guarded }) => guarded.stages.some((stage) => rule.stages.includes(stage)));
    if (shown.length === 0 && !this.#looksAtCall(rule)) return false;
    const now = this.#options.now ?? performance.now.bind(performance);
    const startedMs = now();
    let result: RuleResult;
    let failed = false;
    try {
      const given = shown.map(({ guarded }) => guarded);
      const context = this.#contexts.for(rule);
      result = await (rule.reach === 'LOCAL'
        ? rule.prepared.check(given, context)
        : this.#checkRemote(rule, given, context));
      failed = !result.fired && result.failed === true;
    } catch (error) {
      if (this.#isRetryable(rule, error)) throw error;
      // A rule that protects and fails lets nothing pass.
      failed = true;
      result = { fired: protecting.has(rule.action), reason: 'it could not be checked', findings: [] };
    }
    const findings = result.fired
      ? result.findings.map((found) => {
          const { number, offset } = shown[found.text] as ShownText;
          return { ...found, text: number, start: offset + found.start, end: offset + found.end };
        })
      : [];
    const seen = this.#texts[findings[0]?.text ?? shown[0]?.number ?? -1]?.stages ?? [];
    const verdict: GuardrailVerdict = {
      rule: rule.rule,
      policyId: rule.policyId,
      version: rule.version,
      stage: chooseStage(rule, seen),
      action: rule.action,
      isShadow: rule.isShadow,
      fired: result.fired,
      failed,
      reason: result.fired ? result.reason : null,
      findings,
      durationMs: now() - startedMs,
    };
    this.#verdicts.push(verdict);
    if (!result.fired || rule.isShadow) return false;
    return this.#act(rule, verdict, failed ? undefined : result.repaired);
  }

  #checkRemote(
    rule: PlannedRule,
    texts: readonly GuardedText[],
    { models, verdicts, callImages, ...rest }: RunContext,
  ): Promise<RuleResult> {
    const { direction } = this.#options;
    const { signal } = rest;
    const context: RuleContext = {
      ...rest,
      ...(callImages === undefined || direction === 'OUTPUT'
        ? {}
        : {
            callImages: () =>
              callImages().filter(({ stages }) => stages.some((stage) => rule.stages.includes(stage))),
          }),
      ...(models === undefined
        ? {}
        : {
            callModel: (question) => models.callModel(question, rule, signal),
            moderate: (question) => models.moderate(question, rule, signal),
          }),
    };
    const check = async () => rule.prepared.check(texts, context);
    return verdicts === undefined ? check() : verdicts.look({ rule, texts, context, direction }, check);
  }

  /**
   * True where the threads of this process are full: the call has not begun, and is refused with OVERLOADED, which
   * clients try again, instead of as one with content that policy forbids.
   */
  #isRetryable({ reach, action, isShadow }: PlannedRule, error: unknown): boolean {
    const isRefused = reach === 'LOCAL' && !isShadow && protecting.has(action);
    const isOverloaded = error instanceof HeddleError && error.code === 'OVERLOADED';
    return isRefused && isOverloaded && this.#options.direction === 'INPUT';
  }

  /** Whether the rule looks where no text stands in its stages. */
  #looksAtCall({ prepared, stages }: PlannedRule): boolean {
    return this.#options.direction === 'INPUT' && prepared.looksAtCalls === true && stages.includes('INPUT');
  }

  #act(rule: PlannedRule, verdict: GuardrailVerdict, repaired: string | undefined): boolean {
    const { action } = rule;
    if (action === 'WARN' || action === 'LOG') return false;
    if (action === 'MASK' || action === 'REDACT') {
      const isPossible =
        verdict.findings.length > 0 && verdict.findings.every(({ text }) => this.#texts[text]?.isEditable);
      if (!isPossible) return this.#block(verdict);
      const findings =
        rule.reach === 'LOCAL'
          ? verdict.findings
          : cutPlaceholders(verdict.findings, this.#current, this.#options.masks);
      for (const finding of findings) {
        const pending = this.#pending.get(finding.text) ?? { findings: [], last: verdict };
        pending.findings.push({ ...finding, action, by: rule });
        pending.last = verdict;
        this.#pending.set(finding.text, pending);
      }
      return false;
    }
    if (action === 'BLOCK' || verdict.failed) return this.#block(verdict);
    // A narrower policy does not choose in the place of a wider one.
    if (this.#diverted === null || (rule.level ?? 0) < (this.#diverted.rule.level ?? 0)) {
      this.#diverted = { by: verdict, rule, ...(repaired === undefined ? {} : { repaired }) };
    }
    return false;
  }

  #block(verdict: GuardrailVerdict): true {
    this.#blocked ??= verdict;
    return true;
  }

  /** Makes the edits of what was found since the last time. */
  edit(): void {
    const { masks } = this.#options;
    // Values come first: what rules of tenants see of them, their numbers too, depends on nothing around them.
    for (const [number, { findings }] of this.#pending) {
      const guarded = this.#current[number] as GuardedText;
      const inValues = findWithin(findings, guarded.tenantSpans ?? []);
      editPieces(guarded, inValues, masks);
    }
    for (const [number, { findings, last }] of this.#pending) {
      const guarded = this.#current[number] as GuardedText;
      const pieces = editPieces(guarded, findings, masks);
      if (pieces === null) this.#block(last);
      else this.#current[number] = editText(guarded, pieces);
    }
    this.#pending.clear();
    this.#shown = new ShownTexts(this.#current);
  }

  outcome(): StageOutcome {
    const verdicts = this.#verdicts;
    if (this.#blocked !== null) return { kind: 'BLOCKED', by: this.#blocked, verdicts, edits: new Map() };
    const edits = new Map<number, string>();
    for (const [number, { text }] of this.#current.entries()) {
      if (text !== this.#texts[number]?.text) edits.set(number, text);
    }
    const diverted = this.#diverted;
    if (diverted === null) return { kind: 'PASSED', verdicts, edits };
    const { by, rule, repaired } = diverted;
    if (repaired !== undefined) return { kind: 'REPAIRED', by, text: repaired, verdicts, edits };
    if (rule.action === 'REROUTE' && rule.reroute !== null) {
      return { kind: 'REROUTE', by, model: rule.reroute, verdicts, edits };
    }
    return { kind: 'RETRY', by, note: rule.note ?? `${by.reason}.`, verdicts, edits };
  }
}

function editText(guarded: GuardedText, pieces: readonly TextPiece[]): GuardedText {
  const { tenantSpans } = guarded;
  const moved = tenantSpans === undefined ? {} : { tenantSpans: moveSpans(tenantSpans, pieces) };
  return { ...guarded, text: putPieces(guarded.text, pieces), ...moved };
}
