import type { CatalogModel } from '#catalog/catalog.ts';
import { addUsage, noUsage, type ProviderUsage } from '#providers/provider.ts';
import type { AttemptData } from '../completion.ts';
import {
  type ExactCost,
  estimatedUsage,
  exactCost,
  roundToNanos,
  type UpperBound,
  type UsageBounds,
} from '../metering/usage-cost.ts';
import type { AttemptResult } from './attempts/attempt.ts';
import { repeatsPart, withoutInput } from './without-input.ts';

/** What the attempts of one invocation have taken so far. `input` is what a provider may repeat in an error. */
export class UsageAccumulator {
  readonly attempts: AttemptData[] = [];
  usage: ProviderUsage = noUsage;
  readonly #input: unknown;
  #cost: ExactCost = 0n;

  constructor(input: unknown) {
    this.#input = input;
  }

  /** Rounded once, over all attempts. */
  get costNanos(): bigint {
    return roundToNanos(this.#cost);
  }

  /** True when a part of these words of a provider is in the input too: the provider may have it from there. */
  repeatsInput(words: string): boolean {
    return repeatsPart(words, this.#input);
  }

  get used(): UpperBound {
    return { tokens: BigInt(this.usage.inputTokens + this.usage.outputTokens), costNanos: this.costNanos };
  }

  /** @param guardrail the rule that has called the AI model, of whose failure the code alone is kept; absent: the call itself has */
  add(
    model: CatalogModel,
    end: AttemptResult,
    time: { readonly startedAtMs: number; readonly durationMs: number },
    bounds: UsageBounds,
    guardrail?: string,
  ): void {
    const usage = readUsage(end, bounds);
    const cost = usage === null ? 0n : exactCost(model.price, usage);
    if (usage !== null) this.usage = this.attempts.length === 0 ? usage : addUsage(this.usage, usage);
    this.#cost += cost;
    this.attempts.push({
      modelId: model.id,
      ...time,
      outcome: end.outcome,
      error: guardrail === undefined ? formatError(end, this.#input) : codeOfEnd(end),
      usage,
      usageEstimated: (end.outcome !== 'SUCCEEDED' && end.cut) || usage?.estimated === true,
      ...(usage !== null && model.price === null ? { unpriced: true as const } : {}),
      costNanos: roundToNanos(cost).toString(),
      ...(guardrail === undefined ? {} : { guardrail }),
    });
  }
}

function readUsage(end: AttemptResult, bounds: UsageBounds): ProviderUsage | null {
  if (end.outcome === 'SUCCEEDED') return end.answer.usage;
  return end.cut ? estimatedUsage(bounds, end.partial?.received ?? 0, end.reported) : end.reported;
}

function codeOfEnd(end: AttemptResult): string | null {
  if (end.outcome === 'SUCCEEDED') return null;
  return end.outcome === 'CANCELLED' ? end.reason.message : end.failure.code;
}

function formatError(end: AttemptResult, input: unknown): string | null {
  if (end.outcome === 'SUCCEEDED') return null;
  if (end.outcome === 'CANCELLED') return end.reason.message;
  return `${end.failure.code}: ${withoutInput(end.failure.message, input)}`;
}
