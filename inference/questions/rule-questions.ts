import type { CatalogModel } from '#catalog/catalog.ts';
import { HeddleError } from '#core/errors.ts';
import type { ModelQuestion } from '#guardrails/guardrail.ts';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { resolveModel } from '../admission/allowed-names.ts';
import type { InferenceEngine } from '../engine.ts';
import { type Attempted, askCandidates } from '../execution/ask.ts';
import { type AttemptResult, Cancelled, generateOnce, untilAborted } from '../execution/attempts/attempt.ts';
import { outputTokensMax, upperBound } from '../metering/usage-cost.ts';
import type { Lease } from '../routing/provider-pool.ts';
import { type Candidates, candidatesFor } from '../routing/route.ts';
import type { CallAccount } from './call-account.ts';

/** Questions of the rules of one call: those under way at once, and all of them. */
const underWayMax = 4;
const questionsMax = 200;

/**
 * What the rules of one call ask AI models: the call's caller has to be allowed to call them, in its regions and within its limits. Each is an
 * attempt of the call, with its usage and price. No guardrail looks at a question, so that none leads to another.
 */
export class RuleQuestions {
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

  /** The answer of the AI model. Rejects where there is none in time, and where the question may not be sent. */
  readonly ask = async (question: ModelQuestion, rule: PlannedRule, signal: AbortSignal): Promise<string> => {
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
        return await this.#ask(question, rule, abort.signal);
      } finally {
        this.#exit();
      }
    } finally {
      clearTimeout(timer);
      for (const each of signals) each.removeEventListener('abort', onEnd);
    }
  };

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

  async #ask(question: ModelQuestion, rule: PlannedRule, signal: AbortSignal): Promise<string> {
    const { caller, id, labels } = this.#account.start;
    const { inputAllowances } = this.#engine;
    // A tenant does not choose what a name in a policy of the mesh stands for.
    const modelId =
      rule.isOfMesh === true
        ? question.model
        : await resolveModel(question.model, caller, this.#engine, this.#ofMesh);
    // What vendors put around each of the two messages counts as three bytes.
    const inputBytes = Buffer.byteLength(question.system) + Buffer.byteLength(question.user) + 2 * 3;
    const inputTokensMax = Math.ceil(inputBytes / 3);
    const { maxOutputTokens } = question;
    const needs = { needs: ['CHAT'], inputs: [], inputTokensMax, isOneInput: true, maxOutputTokens };
    const candidates = await candidatesFor(modelId, { ...needs, speedKind: 'WHOLE' }, caller, this.#engine);
    const toBounds = (model: CatalogModel) => ({
      inputTokensMax,
      outputTokensMax: outputTokensMax(model, maxOutputTokens),
    });
    const key = {};
    try {
      const outcome = await askCandidates(
        {
          operation: 'chat',
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
          attempt: (model, lease) => this.#attempt(question, model, lease, candidates, signal),
        },
        this.#engine,
      );
      if (outcome.kind === 'REFUSED') throw outcome.error;
      if (outcome.kind === 'UNAVAILABLE') throw outcome.failure;
      return readText(outcome.last.end);
    } finally {
      this.#account.end(key);
    }
  }

  async #attempt(
    { system, user, maxOutputTokens }: ModelQuestion,
    model: CatalogModel,
    lease: Lease,
    { timeouts }: Candidates,
    signal: AbortSignal,
  ): Promise<Attempted> {
    const startedAtMs = this.#engine.now();
    const abort = new AbortController();
    const onStop = () => abort.abort(signal.reason);
    if (signal.aborted) onStop();
    signal.addEventListener('abort', onStop, { once: true });
    try {
      const provider = await untilAborted(Promise.resolve(lease.provider), abort.signal);
      const { connectMs, firstTokenMs, interTokenMs } = timeouts;
      const limits = { connectMs, firstMs: firstTokenMs, nextMs: interTokenMs };
      const call = {
        model: model.name,
        messages: [
          ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
          { role: 'user', parts: [{ type: 'text', text: user }] },
        ],
        maxOutputTokens: outputTokensMax(model, maxOutputTokens),
      } as const;
      const end = await generateOnce(provider, call, abort, limits);
      return { end, timeToFirstTokenMs: null, wholeMs: this.#engine.now() - startedAtMs };
    } catch (error) {
      const unsent = { reported: null, partial: null, cut: false } as const;
      const end: AttemptResult =
        error instanceof Cancelled
          ? { outcome: 'CANCELLED', reason: error, ...unsent }
          : { outcome: 'FAILED', failure: requireFailure(error), ...unsent };
      return { end, timeToFirstTokenMs: null, wholeMs: null };
    } finally {
      signal.removeEventListener('abort', onStop);
    }
  }
}

function requireFailure(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  throw error;
}

function readText(end: AttemptResult): string {
  if (end.outcome === 'SUCCEEDED') return end.answer.text;
  throw end.outcome === 'FAILED' ? end.failure : end.reason;
}
