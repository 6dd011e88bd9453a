import type { GuardrailAction, GuardrailStage } from '../guardrail.ts';

/** A rule as a policy states it, with options that its rule has validated. */
export interface PolicyRule {
  readonly rule: string;
  readonly stages: readonly GuardrailStage[];
  readonly action: GuardrailAction;
  readonly options: unknown;
  /** Those of the options that are secret, which `options` then lacks. Absent: there are none. */
  readonly secrets?: ClosedOptions;
  /** The share of calls that are looked at, 0 to 1. */
  readonly sample: number;
  /** What RETRY sends to the AI model; null: the reason of the rule. */
  readonly note: string | null;
  /** The alias or AI model that REROUTE calls in the place of the requested one. */
  readonly reroute: string | null;
  /** It does not look where the end user of the call has consented to this purpose. */
  readonly unlessConsent: string | null;
}

/** Options of a rule that are closed until it first looks. */
export interface ClosedOptions {
  /** Differs where they do. */
  readonly id: string;
  /** Rejects where they cannot be had now. */
  open(): Promise<Readonly<Record<string, unknown>>>;
}
