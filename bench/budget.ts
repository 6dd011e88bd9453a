import type { BenchCosts, BenchLoad, units } from './measure.ts';

/** CPU of Heddle as a multiple of that of something else in the same run. */
const compared = {
  complete: ['call', 'floorCall'],
  token: ['token', 'floorToken'],
  jwtComplete: ['jwtCall', 'call'],
  chatComplete: ['chatCall', 'call'],
  messagesComplete: ['messagesCall', 'call'],
  chatToken: ['chatToken', 'eventToken'],
  messagesToken: ['messagesToken', 'eventToken'],
} as const satisfies Readonly<Record<string, readonly [(typeof units)[number], (typeof units)[number]]>>;

type Ratio = keyof typeof compared;

/** Ratios to the bare pass-through. */
const released = ['complete', 'token'] as const satisfies readonly Ratio[];
/** Ratios of tokens and of the other dialects to GraphQL with an API key. */
const handlers = [
  'jwtComplete',
  'chatComplete',
  'messagesComplete',
  'chatToken',
  'messagesToken',
] as const satisfies readonly Ratio[];

export type BenchRatios = Readonly<Record<Ratio, number>>;

/** What a release took, and by how much a change may exceed it. */
export interface BenchBudget {
  readonly release: string;
  /** The load that the ratios were measured under; others give other ratios. */
  readonly load: BenchLoad;
  /** Percent beyond a ratio that are noise between two runs of one machine. */
  readonly percentMax: number;
  readonly ratios: Pick<BenchRatios, (typeof released)[number]>;
  /** What a handler may cost beside the same call by GraphQL, whatever a release took. */
  readonly ratiosMax: Pick<BenchRatios, (typeof handlers)[number]>;
}

/** The middle value; the higher one of the two middle values. */
export const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The median of the ratios of each round: what slows a whole round down slows both. */
export function computeRatios(costs: BenchCosts): BenchRatios {
  const ratios = Object.entries(compared).map(([name, [ours, theirs]]) => [
    name,
    median(costs[ours].map((cost, round) => cost / (costs[theirs][round] ?? Number.NaN))),
  ]);
  return Object.fromEntries(ratios) as BenchRatios;
}

/** One line for each ratio that is beyond the budget, or that could not be measured. */
export function findOverruns(measured: BenchRatios, budget: BenchBudget): readonly string[] {
  const { release, percentMax, ratios, ratiosMax } = budget;
  const find = (name: Ratio, allowed: number, beside: string) =>
    measured[name] <= allowed
      ? []
      : [`${name}: ${measured[name].toFixed(2)} times ${beside}, and at most ${allowed.toFixed(2)} pass.`];
  return [
    ...released.flatMap((name) =>
      find(name, ratios[name] * (1 + percentMax / 100), `the pass-through; ${release} took ${ratios[name]}`),
    ),
    ...handlers.flatMap((name) => find(name, ratiosMax[name], 'the same by GraphQL')),
  ];
}
