import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { InvocationRecord } from '../invocations.ts';

/** What a dimension of usage is called in the keys of a bucket, and where a row of the ledger has it. */
export interface DimensionSource {
  readonly key: string;
  /** The field of a row. Of GUARDRAIL it holds verdicts, whose names `toGuardrailLabel` makes. */
  readonly field: keyof InvocationRecord;
}

export const dimensions: Readonly<Record<UsageDimension, DimensionSource>> = {
  TENANT: { key: 'tenant', field: 'tenantId' },
  TEAM: { key: 'team', field: 'teamId' },
  APP: { key: 'app', field: 'appId' },
  KEY: { key: 'key', field: 'keyId' },
  MODEL: { key: 'model', field: 'modelId' },
  PROVIDER: { key: 'provider', field: 'providerId' },
  PROMPT: { key: 'prompt', field: 'promptId' },
  END_USER: { key: 'endUser', field: 'endUserId' },
  TAG: { key: 'tag', field: 'tags' },
  CACHE: { key: 'cache', field: 'cache' },
  STATUS: { key: 'status', field: 'status' },
  KIND: { key: 'kind', field: 'kind' },
  GUARDRAIL: { key: 'guardrail', field: 'guardrailVerdicts' },
};

/** Dimensions with few values, of which a call has one each: sums are kept for all of their combinations. */
export const plainDimensions = [
  'TENANT',
  'TEAM',
  'APP',
  'KEY',
  'MODEL',
  'PROVIDER',
  'PROMPT',
  'CACHE',
  'STATUS',
  'KIND',
] as const satisfies readonly UsageDimension[];

/** The dimensions that are summed for all tenants together; by others the sums of each tenant are read. */
export const meshDimensions = [
  'TENANT',
  'MODEL',
  'PROVIDER',
  'CACHE',
  'STATUS',
  'KIND',
] as const satisfies readonly UsageDimension[];

/** Dimensions that clients fill, or of which a call has several values: each has sums beside the plain dimensions. */
export const labelDimensions = ['END_USER', 'TAG', 'GUARDRAIL'] as const satisfies readonly UsageDimension[];

export type PlainDimension = (typeof plainDimensions)[number];
export type LabelDimension = (typeof labelDimensions)[number];

const labels: ReadonlySet<UsageDimension> = new Set(labelDimensions);

export function isLabelDimension(dimension: UsageDimension): dimension is LabelDimension {
  return labels.has(dimension);
}

/** The value of GUARDRAIL for a verdict: "pii/MASK", with "/SHADOW" for a policy that changes nothing. */
export function toGuardrailLabel(rule: string, action: string, shadow: boolean): string {
  return `${rule}/${action}${shadow ? '/SHADOW' : ''}`;
}

/** The conditions on the verdicts of a row that has the label; null: no verdict has it. */
export function readGuardrailLabel(label: string): Readonly<Record<string, unknown>> | null {
  const [rule, action, shadow, ...rest] = label.split('/');
  if (!rule || !action || rest.length > 0 || (shadow !== undefined && shadow !== 'SHADOW')) return null;
  return { rule, action, fired: true, shadow: shadow !== undefined };
}
