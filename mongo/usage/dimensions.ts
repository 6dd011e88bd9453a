import type { Value } from '@heddle/embedded-store/values';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { InvocationRecord } from '../invocations.ts';
import type { Values } from './cube.ts';
import { toRowNumber } from './row-numbers.ts';

/** What a dimension of usage is called in the keys of a bucket, and how its values are read from rows of the ledger. */
export interface DimensionSource {
  readonly key: string;
  /** The fields of a row that have its values. */
  readonly fields: readonly (keyof InvocationRecord)[];
  /** The values of a row with these contents of the fields, as the store decodes them; none: it has no value. A value may come twice. */
  toValues(contents: readonly (Value | undefined)[]): readonly string[];
  /** What a row must hold to have one of the values. */
  toCondition(values: Values): Readonly<Record<string, unknown>>;
}

/** The values are those of a field. */
function ofField(key: string, field: keyof InvocationRecord): DimensionSource {
  return {
    key,
    fields: [field],
    toValues: ([content]) => listTexts(content),
    toCondition: (values) => ({ [field]: values.length === 1 ? values[0] : { $in: [...values] } }),
  };
}

function listTexts(content: Value | undefined): readonly string[] {
  if (typeof content === 'string') return [content];
  return Array.isArray(content) ? content.filter((value) => typeof value === 'string') : [];
}

const experimentPrefix = 'experiment:';

/** A tag `experiment:short-prompt` states that the call is part of the experiment `short-prompt`. */
const ofExperiments: DimensionSource = {
  key: 'experiment',
  fields: ['tags'],
  toValues: ([tags]) =>
    listTexts(tags)
      .filter((tag) => tag.startsWith(experimentPrefix) && tag !== experimentPrefix)
      .map((tag) => tag.slice(experimentPrefix.length)),
  toCondition: (values) => ({ tags: { $in: values.map((value) => `${experimentPrefix}${value}`) } }),
};

const ofVerdicts: DimensionSource = {
  key: 'guardrail',
  fields: ['guardrailVerdicts'],
  toValues([verdicts]) {
    if (!Array.isArray(verdicts)) return [];
    return verdicts.flatMap((verdict) => {
      if (!(verdict instanceof Map) || verdict.get('fired') !== true) return [];
      const [rule, action] = [verdict.get('rule'), verdict.get('action')];
      return [toGuardrailLabel(String(rule), String(action), verdict.get('shadow') === true)];
    });
  },
  toCondition(values) {
    const verdicts = values.map((value) => (value === null ? null : readGuardrailLabel(value)));
    return {
      $or: verdicts.map((verdict) =>
        verdict === null ? noRow : { guardrailVerdicts: { $elemMatch: verdict } },
      ),
    };
  },
};

/** What a call may be rated with, as values of RATING. */
export const ratings: readonly string[] = ['1', '2', '3', '4', '5'];

const ofRatings: DimensionSource = {
  key: 'rating',
  fields: ['rating'],
  toValues: ([rating]) => (rating == null ? [] : [String(toRowNumber(rating))]),
  toCondition: (values) => ({ rating: { $in: values.map(Number) } }),
};

const noRow = { _id: { $in: [] } };

export const dimensions: Readonly<Record<UsageDimension, DimensionSource>> = {
  TENANT: ofField('tenant', 'tenantId'),
  TEAM: ofField('team', 'teamId'),
  APP: ofField('app', 'appId'),
  KEY: ofField('key', 'keyId'),
  MODEL: ofField('model', 'modelId'),
  PROVIDER: ofField('provider', 'providerId'),
  PROMPT: ofField('prompt', 'promptId'),
  END_USER: ofField('endUser', 'endUserId'),
  CONVERSATION: ofField('conversation', 'conversationId'),
  TAG: ofField('tag', 'tags'),
  EXPERIMENT: ofExperiments,
  CACHE: ofField('cache', 'cache'),
  STATUS: ofField('status', 'status'),
  KIND: ofField('kind', 'kind'),
  GUARDRAIL: ofVerdicts,
  RATING: ofRatings,
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
export const labelDimensions = [
  'END_USER',
  'TAG',
  'EXPERIMENT',
  'GUARDRAIL',
] as const satisfies readonly UsageDimension[];

/** Dimensions with values that clients choose, and that may name an end user. */
export const personalDimensions = [
  'END_USER',
  'CONVERSATION',
  'TAG',
  'EXPERIMENT',
] as const satisfies readonly UsageDimension[];

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
function readGuardrailLabel(label: string): Readonly<Record<string, unknown>> | null {
  const [rule, action, shadow, ...rest] = label.split('/');
  if (!rule || !action || rest.length > 0 || (shadow !== undefined && shadow !== 'SHADOW')) return null;
  return { rule, action, fired: true, shadow: shadow !== undefined };
}
