import type { KeyConduct } from '#subgraphs/usage/alerts/conditions/security.ts';
import type { Draws } from './draws.ts';
import { hoursOfWeek, type Incident } from './traffic.ts';

/** Hours of a key, with the theft and the attack of which they are part. */
export interface KeyTraffic {
  readonly hours: readonly KeyConduct[];
  readonly incidents: readonly (Omit<Incident, 'kind'> & { readonly kind: 'theft' | 'attack' })[];
}

const weeks = 4;

/**
 * Four weeks of one key: of a program with one to three networks and AI models, which sometimes moves or changes its AI model, and has busy days
 * and refusals; of every third key a thief uses a copy for some hours, of every tenth its own users attack the prompts.
 */
export function makeKeyTraffic(draws: Draws): KeyTraffic {
  const peak = 5 * 400 ** draws.unit();
  const networks = draws.integer(1, 4);
  const theft = draws.chance(0.33) ? drawHours(draws, 2, 13) : null;
  const attack = draws.chance(0.1) ? drawHours(draws, 1, 6) : null;
  const thief = {
    networks: draws.chance(0.4) ? draws.integer(8, 40) : draws.integer(1, 4),
    requests: 30 * 200 ** draws.unit(),
    hasNewModel: draws.chance(0.7),
    refusals: draws.chance(0.5) ? draws.integer(20, 400) : 0,
  };
  const earlier: number[] = [];
  const hours: KeyConduct[] = [];
  for (let hour = 0; hour < weeks * hoursOfWeek; hour++) {
    const isBusy = Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18;
    // Launches and loads of data: one hour in five hundred has several times the usual calls.
    const peakFactor = draws.chance(0.002) ? draws.between(2, 6) : 1;
    const own = draws.poisson(peak * (isBusy ? 1 : 0.1) * draws.factor(0.3) * peakFactor);
    const isStolen = theft !== null && hour >= theft.from && hour < theft.to;
    const isAttacked = attack !== null && hour >= attack.from && hour < attack.to;
    const requests = own + (isStolen ? draws.poisson(thief.requests) : 0);
    // A deployment to another region, a new AI model after its approval: a few times a year.
    const moves = draws.chance(0.0006);
    const upgrades = draws.chance(0.0006);
    const isFirst = isStolen && hour === theft?.from;
    hours.push({
      requests,
      refusals: draws.poisson(own * 0.004) + (isStolen ? draws.poisson(thief.refusals) : 0),
      networks: networks + (isStolen ? thief.networks : 0),
      injections: draws.poisson(own * 0.0005) + (isAttacked ? draws.poisson(draws.between(4, 40)) : 0),
      newNetworks: isFirst || moves ? ['a network'] : [],
      newModels: (isFirst && thief.hasNewModel) || upgrades ? ['an AI model'] : [],
      earlierRequests: earlier.slice(-hoursOfWeek, -1).filter((count) => count > 0),
    });
    earlier.push(requests);
  }
  const incidents = [
    ...(theft === null ? [] : [{ kind: 'theft' as const, ...theft }]),
    ...(attack === null ? [] : [{ kind: 'attack' as const, ...attack }]),
  ];
  return { hours, incidents };
}

function drawHours(draws: Draws, shortest: number, longest: number) {
  const from = draws.integer(2 * hoursOfWeek, weeks * hoursOfWeek - 24);
  return { from, to: from + draws.integer(shortest, longest) };
}
