import { HeddleError } from '#core/errors.ts';
import { type AnswerRules, splitAnswerRules } from '#guardrails/pipeline/answer-rules.ts';
import { GrowingRules } from '#guardrails/pipeline/growing-rules.ts';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import { type GuardrailVerdict, runGuardrails } from '#guardrails/pipeline/run.ts';
import { toParts } from '#providers/answer-builder.ts';
import { type ProviderAnswer, ProviderFailure } from '#providers/provider.ts';
import {
  type AttemptResult,
  Cancelled,
  RefusedAnswer,
  UncheckedAnswer,
  untilAborted,
} from '../execution/attempts/attempt.ts';
import { answerSoFar } from '../execution/outcome.ts';
import { mapAnswerTexts } from './answer-texts.ts';
import { AnswerWindow, type ShowPart } from './answer-window.ts';
import { guardAnswer, guardMessage } from './guard-answer.ts';
import type { GuardedCall } from './guard-call.ts';
import { gatherTexts } from './text-walks.ts';

const nowhere: ShowPart = () => undefined;

/** What binds the answers of one call, attempt by attempt. */
export class OutputGuard {
  readonly #guarded: GuardedCall;
  readonly #isStructured: boolean;
  readonly #plan: AnswerRules;
  readonly #verdicts: GuardrailVerdict[] = [];
  #window: AnswerWindow | null = null;
  #rules: GrowingRules | null = null;

  constructor(guarded: GuardedCall, isStructured: boolean) {
    this.#guarded = guarded;
    this.#isStructured = isStructured;
    this.#plan = splitAnswerRules(guarded.plan);
  }

  /** Null: nothing binds them. */
  static of(guarded: GuardedCall, isStructured: boolean): OutputGuard | null {
    const { plan, masks } = guarded;
    return plan.looksAtOutput || masks.size > 0 ? new OutputGuard(guarded, isStructured) : null;
  }

  /** Of all attempts so far. */
  get verdicts(): readonly GuardrailVerdict[] {
    return [...this.#verdicts, ...(this.#rules?.verdicts ?? [])];
  }

  /** Begins an answer that comes in parts. Returns where they go: to `show`, to it through a window, or nowhere until the answer is whole. */
  open(show: ShowPart, abort: AbortController): ShowPart {
    this.#closeWindow();
    if (this.#plan.growing === null) return nowhere;
    const window = this.#openWindow(this.#plan.growing, show, abort);
    if (window === null) return show;
    return (part) => {
      try {
        return window.take(part)?.catch(rethrow);
      } catch (error) {
        return rethrow(error);
      }
    };
  }

  /** Null: nothing acts on what comes. */
  #openWindow(growing: readonly PlannedRule[], show: ShowPart, abort: AbortController): AnswerWindow | null {
    const { masks, context } = this.#guarded;
    if (growing.length === 0 && masks.size === 0) return null;
    const sampled = growing.filter(({ sample }) => sample >= 1 || Math.random() < sample);
    const rules = new GrowingRules(sampled, { ...context, signal: abort.signal });
    const window = new AnswerWindow({
      guards: { rules, masks, ownMasks: masks.besides([]) },
      isStructured: this.#isStructured,
      show,
      onRefused: (error) => abort.abort(toFailure(error)),
    });
    this.#rules = rules;
    this.#window = window;
    return window;
  }

  /** How an attempt ends after the guardrails: with the answer as they let it go, refused, or with words that may be repeated. */
  async end(end: AttemptResult, abort: AbortController): Promise<AttemptResult> {
    const { signal } = abort;
    if (end.outcome !== 'SUCCEEDED') {
      this.#window?.[Symbol.dispose]();
      // Our own failures have words of ours.
      if (end.outcome === 'FAILED' && !(end.failure instanceof UncheckedAnswer)) {
        end.failure.message = await guardMessage(end.failure.message, this.#guarded, signal);
      }
      return end;
    }
    const shown = this.#window?.released ?? null;
    try {
      const answer = await untilAborted(this.#guardAnswer(end.answer, abort), signal);
      return { outcome: 'SUCCEEDED', answer };
    } catch (error) {
      const rest = { reported: end.answer.usage, partial: shown, cut: false };
      if (error instanceof Cancelled) return { outcome: 'CANCELLED', reason: error, ...rest };
      const failure = toFailure(error);
      if (!(failure instanceof ProviderFailure)) throw error;
      return { outcome: 'FAILED', failure, ...rest };
    } finally {
      this.#window?.[Symbol.dispose]();
    }
  }

  /** What the client has seen of an answer that did not come to its end; null: it was not held back. */
  get partial(): Partial<ProviderAnswer> | null {
    if (this.#window !== null) return answerSoFar(this.#window.released);
    return this.#plan.growing === null ? {} : null;
  }

  async #guardAnswer(answer: ProviderAnswer, abort: AbortController): Promise<ProviderAnswer> {
    if (this.#plan.growing === null) return this.#guardWhole(answer, abort.signal);
    let window = this.#window;
    if (window === null) {
      // It came as a whole: in parts, blocks keep their places in a text that changes.
      window = this.#openWindow(this.#plan.growing, nowhere, abort);
      if (window === null) return this.#guardWhole(answer, abort.signal);
      for (const part of toParts(answer)) await window.take(part);
    }
    return this.#finish(window, answer, abort.signal);
  }

  async #guardWhole(answer: ProviderAnswer, signal: AbortSignal): Promise<ProviderAnswer> {
    const place = { isStructured: this.#isStructured, signal };
    const guarded = await guardAnswer(answer, this.#guarded, place);
    this.#verdicts.push(...guarded.verdicts);
    if (guarded.kind === 'REFUSED') throw new RefusedAnswer(guarded.error, guarded.note);
    return { ...answer, ...guarded.answer };
  }

  async #finish(window: AnswerWindow, answer: ProviderAnswer, signal: AbortSignal): Promise<ProviderAnswer> {
    await window.finish();
    const { observing } = this.#plan;
    if (observing.looksAtOutput) {
      const texts = gatherTexts((visit) => mapAnswerTexts(answer, visit, this.#isStructured));
      const { context, masks } = this.#guarded;
      const here = { ...context, signal };
      const seen = await runGuardrails(observing, texts, { direction: 'OUTPUT', context: here, masks });
      this.#verdicts.push(...seen.verdicts);
    }
    const { finishReason: reason, usage, extras } = answer;
    window.released.add({ type: 'finish', reason, usage, ...extras?.finish });
    return window.released.answer({ type: 'finish', reason, usage });
  }

  #closeWindow(): void {
    this.#verdicts.push(...(this.#rules?.verdicts ?? []));
    this.#window?.[Symbol.dispose]();
    this.#window = null;
    this.#rules = null;
  }
}

/** A refusal as a failure of the attempt; anything else as it is. */
function toFailure(error: unknown): unknown {
  return error instanceof HeddleError ? new RefusedAnswer(error, null) : error;
}

function rethrow(error: unknown): never {
  throw toFailure(error);
}
