import type { SecurityPattern } from '#core/graph-enums.generated.ts';
import { compareAbove, type Judgement, toWords } from './judgement.ts';

/** What a key did within an hour, and before. */
export interface KeyConduct {
  /** Calls and refusals of the last hour. */
  readonly requests: number;
  readonly refusals: number;
  /** Different networks that it called from in the last hour. */
  readonly networks: number;
  /** Calls of the last hour in which a guardrail against prompt injection fired. */
  readonly injections: number;
  /** Networks, and AI models, that were seen for the first time in the last hour, of a key that is known for long enough. */
  readonly newNetworks: readonly string[];
  readonly newModels: readonly string[];
  /** Calls of each earlier hour of the last seven days in which it called at all. */
  readonly earlierRequests: readonly number[];
}

/** Refusals within an hour that are many, where they also are more than a tenth of what the key tried. */
const refusalsMin = 50;
const refusalShareMin = 0.1;
/** Networks within an hour that are many for one key. */
const networksMin = 10;
/** Calls with injections within an hour that are many: single ones are mistaken texts. */
const injectionsMin = 5;
/** How many times the busiest usual hour is sudden, and the calls below which nothing is. */
const burstFactor = 5;
export const burstRequestsMin = 200;
/** Hours with calls that a key must have had before a burst is one. */
const burstHoursMin = 24;

/** A key calls from a network (IPv4 /24, IPv6 /48) that it never called from. */
function judgeNewNetwork({ newNetworks }: KeyConduct): Judgement {
  return judgeNew(newNetworks, 'from the network');
}

/** A key calls an AI model that it never called. */
function judgeNewModel({ newModels }: KeyConduct): Judgement {
  return judgeNew(newModels, 'the AI model');
}

const namedMax = 5;

function judgeNew(seen: readonly string[], what: string): Judgement {
  const named = seen.slice(0, namedMax).join(', ');
  const more = seen.length > namedMax ? ` and ${seen.length - namedMax} more` : '';
  const reason =
    seen.length === 0
      ? `In the last hour the key has called nothing new: ${what === 'the AI model' ? 'no AI model' : 'from no network'} that it had not called before.`
      : `In the last hour the key has for the first time called ${what} ${named}${more}.`;
  return { state: seen.length > 0 ? 'FIRING' : 'CLEAR', value: seen.length, bound: 0, reason };
}

/** A key is refused often, and in a large part of what it tries. */
function judgeManyRefusals({ refusals, requests }: KeyConduct): Judgement {
  const bound = Math.max(refusalsMin, (refusalShareMin / (1 - refusalShareMin)) * requests);
  const reason = `In the last hour the key was refused ${toWords(refusals)} times and made ${toWords(requests)} calls; more than ${toWords(bound)} refusals are many.`;
  return { state: compareAbove(refusals, bound), value: refusals, bound, reason };
}

/** A key is used from many networks at once. */
function judgeManyNetworks({ networks }: KeyConduct): Judgement {
  const reason = `In the last hour the key was used from ${toWords(networks)} networks; ${networksMin} or more are many.`;
  const state = networks >= networksMin ? 'FIRING' : networks < networksMin - 1 ? 'CLEAR' : 'HOLD';
  return { state, value: networks, bound: networksMin, reason };
}

/** A key calls suddenly far more often than in its busiest usual hours: the 95th percentile of the last seven days. */
function judgeVolumeBurst({ requests, earlierRequests }: KeyConduct): Judgement {
  if (earlierRequests.length < burstHoursMin) {
    const reason = `The key has called in less than ${burstHoursMin} earlier hours: nothing is known to be usual yet.`;
    return { state: 'UNKNOWN', value: requests, bound: null, reason };
  }
  const sorted = earlierRequests.toSorted((a, b) => a - b);
  const busy = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  const bound = Math.max(burstRequestsMin, burstFactor * busy);
  const reason = `In the last hour the key made ${toWords(requests)} calls; in its busiest usual hours it made ${toWords(busy)}, and more than ${toWords(bound)} are sudden.`;
  return { state: compareAbove(requests, bound), value: requests, bound, baseline: busy, reason };
}

/** Prompts of a key trip rules against prompt injection. */
function judgeInjections({ injections }: KeyConduct): Judgement {
  const reason = `In the last hour ${toWords(injections)} calls of the key tripped rules against prompt injection; ${injectionsMin} or more are many.`;
  const state = injections >= injectionsMin ? 'FIRING' : injections < injectionsMin - 1 ? 'CLEAR' : 'HOLD';
  return { state, value: injections, bound: injectionsMin, reason };
}

/** How each pattern is found. */
export const patternJudges = {
  NEW_NETWORK: judgeNewNetwork,
  NEW_MODEL: judgeNewModel,
  MANY_REFUSALS: judgeManyRefusals,
  MANY_NETWORKS: judgeManyNetworks,
  VOLUME_BURST: judgeVolumeBurst,
  INJECTION: judgeInjections,
} as const satisfies Readonly<Record<SecurityPattern, (conduct: KeyConduct) => Judgement>>;
