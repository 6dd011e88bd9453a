import type { GuardrailAction, GuardrailMode, GuardrailStage } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** A rule as a policy states it. */
export interface GuardrailRuleRecord {
  readonly rule: string;
  readonly stages: readonly GuardrailStage[];
  readonly action: GuardrailAction;
  /** JSON text: keys of options may begin with `$`, which a store may refuse. Null: the defaults of the rule. */
  readonly optionsJson: string | null;
  /** The options that are secret, which `optionsJson` then lacks; null or absent: there are none. */
  readonly secrets?: SealedRuleOptions | null;
  readonly sample: number;
  readonly note: string | null;
  readonly reroute: string | null;
  /** Of older versions it is absent. */
  readonly unlessConsent?: string | null;
}

/** Secret options of a rule, sealed for its policy, the rule and the address that it names. */
export interface SealedRuleOptions {
  readonly names: readonly string[];
  readonly sealed: string;
}

/** What of a policy its versions keep. At most one of app, prompt and model is set. */
export interface GuardrailPolicyContent {
  readonly appId: string | null;
  readonly promptId: string | null;
  /** The name of an AI model or route. */
  readonly model: string | null;
  readonly mode: GuardrailMode;
  readonly rules: readonly GuardrailRuleRecord[];
}

/** A version of a policy. */
export interface GuardrailVersionRecord extends GuardrailPolicyContent {
  readonly version: number;
  /** The version whose content it has; null: it was saved. */
  readonly restored: number | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** A policy with the content of its present version, which is also the first of its versions. */
export interface GuardrailPolicyRecord extends GuardrailPolicyContent {
  /** The name; of a tenant's with the tenant before it. */
  readonly _id: string;
  /** Null: of the mesh, for the calls of every tenant. */
  readonly tenantId: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Newest first. In the record of the policy, so that a save is one write; left out of most readings. */
  readonly versions: readonly GuardrailVersionRecord[];
}

/** A policy without its earlier versions. */
export type PresentGuardrailPolicy = Omit<GuardrailPolicyRecord, 'versions'>;

const text = { type: String, required: true };
const date = { type: Date, required: true };
const optional = { type: String, default: null };

const contentPaths = {
  appId: optional,
  promptId: optional,
  model: optional,
  mode: text,
  rules: [
    {
      _id: false,
      rule: text,
      stages: [String],
      action: text,
      optionsJson: String,
      secrets: { type: { _id: false, names: [String], sealed: text }, default: undefined },
      sample: { type: Number, required: true },
      note: String,
      reroute: String,
      unlessConsent: String,
    },
  ],
};

export const guardrailPolicies = defineCollection<GuardrailPolicyRecord>(
  'guardrail_policies',
  {
    _id: text,
    tenantId: optional,
    ...contentPaths,
    version: { type: Number, required: true },
    createdAt: date,
    updatedAt: date,
    versions: [
      {
        _id: false,
        ...contentPaths,
        version: { type: Number, required: true },
        restored: { type: Number, default: null },
        createdAt: date,
        createdBy: text,
      },
    ],
  },
  [[{ tenantId: 1, _id: 1 }]],
);
