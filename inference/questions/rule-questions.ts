import type { CatalogModel } from '#catalog/catalog.ts';
import { HeddleError } from '#core/errors.ts';
import type { ModelQuestion } from '#guardrails/guardrail.ts';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import type { RuleModels } from '#guardrails/pipeline/run.ts';
import { resolveModel } from '../admission/allowed-names.ts';
import type { InferenceEngine } from '../engine.ts';
import { askCandidates } from '../execution/ask.ts';
import { type AttemptResult, Cancelled, untilAborted } from '../execution/attempts/attempt.ts';
import { outputTokensMax, upperBound } from '../metering/usage-cost.ts';
import { candidatesFor } from '../routing/route.ts';
import type { CallAccount } from './call-account.ts';
import { attemptQuestion } from './question-attempt.ts';
import { type QuestionForm, toChatForm, toModerationForm } from './question-forms.ts';

/** Questions of the rules of one call: those under way at once, and all of them. */
const underWayMax = 4;
const questionsMax = 200;

/**
 * What the rules of one call ask AI models: the call's caller has to be allowed to call them, in its regions and within its limits. Each is an
 * attempt of the call, with its usage and price. No guardrail looks at a question, so that none leads to another.
 */
export class RuleQuestions implements RuleModels {
  readonly #account: CallAccount;
  readonly #engine: InferenceEngine;
  readonly #ofMesh: boolean;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #count = 0;

  /** @param ofMesh the call runs a prompt of the mesh: what names mean is the mesh's alone, so that its texts reach no provider of the tenant */
  constructor(account: CallAccount, engine: InferenceEngine, ofMesh = false) {
    this.#account = account;
    this.#engine = engine;
    this.#ofMesh = ofMesh;
  }

  readonly callModel: RuleModels['callModel'] = (question, rule, signal) =>
    this.#ask(question, toChatForm(question), rule, signal);

  readonly moderate: RuleModels['moderate'] = (question, rule, signal) =>
    this.#ask(question, toModerationForm(question), rule, signal);

  /** What the AI model answers. Rejects where it does not in time, and where the question may not be sent. */
  async #ask<T>(
    question: Pick<ModelQuestion, 'model' | 'timeoutMs'>,
    form: QuestionForm<T>,
    rule: PlannedRule,
    signal: AbortSignal,
  ): Promise<T> {
    this.#count += 1;
    if (this.#count > questionsMax) {
      throw new HeddleError(
        'OVERLOADED',
        `The guardrails of a call have more than ${questionsMax} questions.`,
      );
    }
    const abort = new AbortController();
    // What ends a question is no failure of its provider.
    const onEnd = () => abort.abort(new Cancelled('The call has ended.'));
    const onTime = () =>
      abort.abort(new Cancelled(`The guardrail waits no longer than ${question.timeoutMs} ms.`));
    const timer = setTimeout(onTime, question.timeoutMs);
    const signals = [signal, this.#account.signal];
    try {
      for (const each of signals) {
        if (each.aborted) onEnd();
        each.addEventListener('abort', onEnd, { once: true });
      }
      await this.#enter(abort.signal);
      try {
        return await this.#callCandidates(question.model, form, rule, abort.signal);
      } finally {
        this.#exit();
      }
    } finally {
      clearTimeout(timer);
      for (const each of signals) each.removeEventListener('abort', onEnd);
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#underWay < underWayMax) {
      this.#underWay += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await untilAborted(promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(resolve);
      if (at === -1) this.#exit();
      else this.#waiting.splice(at, 1);
      throw error;
    }
  }

  #exit(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next();
  }

  async #callCandidates<T>(
    name: string,
    form: QuestionForm<T>,
    rule: PlannedRule,
    signal: AbortSignal,
  ): Promise<T> {
    const { caller, id, labels } = this.#account.start;
    const { inputAllowances } = this.#engine;
    const { operation, capability, inputs, inputBytes, inputTokensMax, maxOutputTokens } = form;
    // A tenant does not choose what a name in a policy of the mesh stands for.
    const modelId =
      rule.isOfMesh === true ? name : await resolveModel(name, caller, this.#engine, this.#ofMesh);
    const needs = { needs: [capability], inputs, inputTokensMax, isOneInput: true, maxOutputTokens };
    const candidates = await candidatesFor(modelId, { ...needs, speedKind: 'WHOLE' }, caller, this.#engine);
    const toBounds = (model: CatalogModel) => ({
      inputTokensMax,
      outputTokensMax: outputTokensMax(model, maxOutputTokens),
    });
    const key = {};
    try {
      const outcome = await askCandidates(
        {
          operation,
          candidates,
          accumulator: this.#account.accumulator,
          guardrail: rule.rule,
          logged: { id, caller, labels },
          isReserved: false,
          inputBytes,
          bounds: toBounds,
          signal,
          reserve: (model) => {
            const bounds = toBounds(model);
            const input = inputTokensMax + inputAllowances.tokensFor(model.id);
            const bound = upperBound(model, input, bounds.outputTokensMax);
            return this.#account.begin(key, rule.rule, model, { ...bounds, bound });
          },
          recordWait: async () => {
            this.#account.end(key);
            await this.#account.recordProgress();
          },
          // It was with its reservation.
          recordBegin: async () => undefined,
          attempt: (model, lease) =>
            attemptQuestion({ form, model, lease, timeouts: candidates.timeouts, signal }, this.#engine.now),
        },
        this.#engine,
      );
      if (outcome.kind === 'REFUSED') throw outcome.error;
      if (outcome.kind === 'UNAVAILABLE') throw outcome.failure;
      const { end, answered } = outcome.last;
      if (end.outcome === 'SUCCEEDED' && answered !== null) return answered.value;
      throw end.outcome === 'CANCELLED' ? end.reason : requireFailure(end);
    } finally {
      this.#account.end(key);
    }
  }
}

function requireFailure(end: AttemptResult): Error {
  return end.outcome === 'FAILED' ? end.failure : new Error('A question has ended without an answer.');
}
