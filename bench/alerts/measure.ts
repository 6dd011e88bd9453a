import type { AlertSide } from '#core/graph-enums.generated.ts';
import { judgeAnomaly } from '#subgraphs/usage/alerts/conditions/anomaly.ts';
import { judgeBurnRate } from '#subgraphs/usage/alerts/conditions/budget-use.ts';
import type { Judgement } from '#subgraphs/usage/alerts/conditions/judgement.ts';
import { type KeyConduct, patternJudges } from '#subgraphs/usage/alerts/conditions/security.ts';
import { judgeThreshold } from '#subgraphs/usage/alerts/conditions/threshold.ts';
import { forecastSpend } from '#subgraphs/usage/forecast/forecast-spend.ts';
import { Draws } from './draws.ts';
import { makeKeyTraffic } from './key-traffic.ts';
import { type Score, Scorer } from './score.ts';
import { hoursOfWeek, type IncidentKind, makeTraffic, type Traffic, weeks } from './traffic.ts';

const hourMs = 3_600_000;
const historyHours = 8 * hoursOfWeek;
/** Calls within an hour from which on a share is compared. */
const requestsMin = 100;

interface Measured {
  readonly name: string;
  readonly wanted: readonly IncidentKind[];
  readonly words: string;
  /** What the condition states of one hour. */
  readonly judge: (traffic: Traffic, hour: number) => Judgement['state'];
}

function judgeHour(values: readonly number[], hour: number, side: AlertSide, threshold: number) {
  const earlier = values.slice(Math.max(0, hour - historyHours), hour);
  const value = values[hour] ?? 0;
  return judgeAnomaly({ earlier, value, side, threshold, isCount: true, measure: 'value' }).state;
}

const conditions: readonly Measured[] = [
  {
    name: '`ANOMALY` of `REQUESTS`, `HIGH`, threshold 7 (default)',
    wanted: ['burst'],
    words: 'bursts of 3 to 10 times the usual, 1 to 4 hours',
    judge: ({ requests }, hour) => judgeHour(requests, hour, 'HIGH', 7),
  },
  {
    name: '`ANOMALY` of `REQUESTS`, `LOW`, threshold 4',
    wanted: ['outage'],
    words: 'outages that leave up to 5 %, 2 to 8 hours',
    judge: ({ requests }, hour) => judgeHour(requests, hour, 'LOW', 4),
  },
  {
    name: '`ANOMALY` of `FAILURES`, `HIGH`, threshold 7 (default)',
    wanted: ['failures'],
    words: '20 to 80 % of calls fail, 1 to 4 hours',
    judge: ({ failures }, hour) => judgeHour(failures, hour, 'HIGH', 7),
  },
  {
    name: '`ABOVE` 0.1 of `FAILURES`, `perRequest`, `requestsMin: 100`',
    wanted: ['failures'],
    words: 'the same',
    judge: ({ failures, requests }, hour) => {
      const count = requests[hour] ?? 0;
      if (count < requestsMin) return 'CLEAR';
      const value = (failures[hour] ?? 0) / count;
      return judgeThreshold({ side: 'ABOVE', value, threshold: 0.1, measure: 'share' }).state;
    },
  },
  {
    name: '`BURN_RATE` 14.4 of a month',
    wanted: ['overspending'],
    words: 'calls of 20 to 60 times the usual cost, 2 to 6 hours',
    judge: ({ cost }, hour) => {
      const month = mean(cost.slice(0, 4 * hoursOfWeek)) * 30 * 24 * 1.2;
      const budget = { amount: month, spent: 0, windowStartMs: 0, windowEndMs: 30 * 24 * hourMs };
      const spent = cost[hour] ?? 0;
      const recent = { longMs: hourMs, longSpent: spent, shortSpent: spent / 12 };
      return judgeBurnRate(budget, recent, 14.4).state;
    },
  },
];

/** Precision and recall of every condition and pattern on traffic that the seed makes, of so many tenants and keys. */
export function measureAlerts(tenants: number, keys: number, seed: number): readonly Score[] {
  const draws = new Draws(seed);
  const scorers = conditions.map((one) => new Scorer(one.name, one.words));
  const forecasts = new Scorer('`FORECAST` after 10 days of 30', 'budgets that are exceeded by the 30th day');
  for (let tenant = 0; tenant < tenants; tenant++) {
    const traffic = makeTraffic(draws);
    for (const [index, { wanted, judge }] of conditions.entries()) {
      const states = Array.from({ length: weeks * hoursOfWeek }, (_, hour) => () => judge(traffic, hour));
      const incidents = traffic.incidents.filter(({ kind }) => wanted.includes(kind));
      scorers[index]?.add(toEpisodes(states.map((state) => state())), incidents);
    }
    addForecast(forecasts, traffic, draws);
  }
  return [...scorers, forecasts].map(({ score }) => score).concat(measurePatterns(keys, draws));
}

const patternWords: Readonly<Record<keyof typeof patternJudges, string>> = {
  NEW_NETWORK: 'stolen keys',
  NEW_MODEL: 'stolen keys, of which 70 % call another AI model',
  MANY_REFUSALS: 'stolen keys, of which half are refused 20 to 400 times an hour',
  MANY_NETWORKS: 'stolen keys, of which 40 % are used from 8 to 39 networks',
  VOLUME_BURST: 'stolen keys with 30 to 6,000 more calls an hour',
  INJECTION: 'users who attack prompts 4 to 40 times an hour',
};

function measurePatterns(keys: number, draws: Draws): readonly Score[] {
  const patterns = Object.keys(patternJudges) as (keyof typeof patternJudges)[];
  const scorers = patterns.map((name) => new Scorer(`\`${name}\``, patternWords[name]));
  const any = new Scorer('any of the first five', 'stolen keys');
  for (let key = 0; key < keys; key++) {
    const { hours, incidents } = makeKeyTraffic(draws);
    const thefts = incidents.filter(({ kind }) => kind === 'theft');
    const attacks = incidents.filter(({ kind }) => kind === 'attack');
    const ofTheft: ReturnType<typeof toEpisodes> = [];
    for (const [index, name] of patterns.entries()) {
      const judge: (conduct: KeyConduct) => Judgement = patternJudges[name];
      const episodes = toEpisodes(hours.map((conduct) => judge(conduct).state));
      scorers[index]?.add(episodes, name === 'INJECTION' ? attacks : thefts);
      if (name !== 'INJECTION') ofTheft.push(...episodes);
    }
    any.add(ofTheft, thefts);
  }
  return [...scorers, any].map(({ score }) => score);
}

/** The episodes that the states of hours make. */
function toEpisodes(states: readonly Judgement['state'][]): { from: number; to: number }[] {
  const episodes: { from: number; to: number }[] = [];
  let open: { from: number; to: number } | null = null;
  for (const [hour, state] of states.entries()) {
    if (state === 'FIRING' && open === null) {
      open = { from: hour, to: hour };
      episodes.push(open);
    } else if (state === 'CLEAR' && open !== null) {
      open.to = hour;
      open = null;
    }
  }
  return episodes;
}

/** One budget of 30 days, whose amount is drawn around what will be spent: whether the forecast after ten days is right. */
function addForecast(scorer: Scorer, { cost }: Traffic, draws: Draws): void {
  const start = 8 * hoursOfWeek;
  const end = Math.min(start + 27 * 24, cost.length);
  const now = start + 10 * 24;
  const total = sum(cost.slice(start, end));
  const amount = total * draws.factor(0.25);
  const budget = {
    amount,
    spent: sum(cost.slice(start, now)),
    windowStartMs: start * hourMs,
    windowEndMs: end * hourMs,
  };
  const hours = cost.slice(now - 4 * hoursOfWeek, now);
  const forecast = forecastSpend(budget, { endMs: now * hourMs, hours }, now * hourMs)?.total ?? 0;
  const one = [{ from: 0, to: 0 }];
  scorer.add(forecast > amount ? one : [], total > amount ? one : []);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
