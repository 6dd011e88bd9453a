import type { Draws } from './draws.ts';

export const hoursOfWeek = 168;
export const weeks = 12;
/** Incidents begin after the weeks in which a baseline learns. */
const quietWeeks = 4;

/** What is wrong with traffic for some hours; a holiday is not. */
export type IncidentKind = 'outage' | 'burst' | 'failures' | 'overspending' | 'holiday';

export interface Incident {
  readonly kind: IncidentKind;
  /** Hours since the beginning; `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

/** The hours of one tenant, with what is known to be wrong in them. */
export interface Traffic {
  readonly requests: readonly number[];
  readonly failures: readonly number[];
  /** In US dollars. */
  readonly cost: readonly number[];
  readonly incidents: readonly Incident[];
}

type Profile = (hourOfDay: number, day: number) => number;

/** The share of the busiest hour by the kind of customer; days 5 and 6 are the weekend. */
const profiles: readonly Profile[] = [
  // Office hours.
  (hour, day) => (day >= 5 ? 0.1 : hour >= 8 && hour < 18 ? 1 : hour >= 6 && hour < 21 ? 0.35 : 0.05),
  // Consumers, in the evening and at weekends.
  (hour, day) => (day >= 5 ? 1.2 : 1) * (0.25 + 0.75 * Math.exp(-(((hour - 20 + 24) % 24) ** 2) / 18)),
  // A batch at night beside a little traffic.
  (hour) => (hour === 2 || hour === 3 ? 1 : 0.08),
  // Around the clock.
  (hour) => 0.8 + 0.2 * Math.sin((2 * Math.PI * hour) / 24),
];

/** Twelve weeks of one tenant: season, growth, noise, a holiday, and up to one incident of each kind. */
export function makeTraffic(draws: Draws): Traffic {
  const profile = profiles[draws.integer(0, profiles.length)] as Profile;
  const peak = 20 * 250 ** draws.unit();
  const growth = draws.between(0.97, 1.07);
  const noise = draws.between(0.08, 0.25);
  const price = 0.001 * 50 ** draws.unit();
  const failing = draws.between(0.002, 0.02);
  const incidents = drawIncidents(draws);
  const factors = {
    outage: draws.between(0, 0.05),
    burst: draws.between(3, 10),
    overspending: draws.between(20, 60),
    failures: draws.between(0.2, 0.8),
  };
  const requests: number[] = [];
  const failures: number[] = [];
  const cost: number[] = [];
  for (let hour = 0; hour < weeks * hoursOfWeek; hour++) {
    const has = (kind: IncidentKind) =>
      incidents.some((one) => one.kind === kind && hour >= one.from && hour < one.to);
    const day = has('holiday') ? 6 : Math.floor(hour / 24) % 7;
    const usual = peak * profile(hour % 24, day) * growth ** (hour / hoursOfWeek) * draws.factor(noise);
    const level = (has('outage') ? factors.outage : 1) * (has('burst') ? factors.burst : 1);
    const count = draws.poisson(usual * level);
    requests.push(count);
    failures.push(draws.poisson(count * (has('failures') ? factors.failures : failing)));
    cost.push(count * price * draws.factor(0.1) * (has('overspending') ? factors.overspending : 1));
  }
  return { requests, failures, cost, incidents };
}

const kinds = {
  outage: [2, 9],
  burst: [1, 5],
  failures: [1, 5],
  overspending: [2, 7],
  holiday: [24, 25],
} as const satisfies Readonly<Record<IncidentKind, readonly [number, number]>>;

/** Each kind in seven of ten tenants, never two at once. */
function drawIncidents(draws: Draws): readonly Incident[] {
  const incidents: Incident[] = [];
  for (const kind of Object.keys(kinds) as IncidentKind[]) {
    if (!draws.chance(0.7)) continue;
    const [shortest, longest] = kinds[kind];
    const start = draws.integer(quietWeeks * hoursOfWeek, weeks * hoursOfWeek - 48);
    const from = kind === 'holiday' ? start - (start % 24) : start;
    const to = from + draws.integer(shortest, longest);
    if (incidents.every((one) => to + 24 < one.from || one.to + 24 < from))
      incidents.push({ kind, from, to });
  }
  return incidents;
}
