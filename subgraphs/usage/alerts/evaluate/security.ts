import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { SecurityPattern } from '#core/graph-enums.generated.ts';
import { clockAheadMs } from '../../clocks.ts';
import { burstRequestsMin, type KeyConduct, patternJudges } from '../conditions/security.ts';
import {
  countInjections,
  type KeyUse,
  readHourlyRequests,
  readKeyUses,
  usesMax,
} from '../measures/conduct.ts';
import { readRefusals } from '../measures/refusals.ts';
import { type NewSightings, noteSightings } from '../measures/sightings.ts';
import { describeTooMany, type Evaluate, seriesMax } from './evaluation-input.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What an alert that was not evaluated within the last hour learns from. */
const learnedMs = 30 * dayMs;
const historyMs = 7 * dayMs;

/** Refusals that clients run into who do what they may. */
const ordinaryCodes = ['QUOTA_EXCEEDED', 'BUDGET_EXCEEDED', 'MODEL_UNPRICED', 'NO_ROUTE'] as const;

export const securityPatterns = Object.keys(patternJudges) as readonly SecurityPattern[];

/** SECURITY: what each key did within the last hour. */
export const evaluateSecurity: Evaluate = async ({ alert, open, nowMs, deps: { connection } }) => {
  const fromMs = nowMs - hourMs;
  const toMs = nowMs + clockAheadMs;
  const isLearning = alert.evaluatedAt === null || alert.evaluatedAt.getTime() < fromMs;
  if (isLearning) {
    const past = await readKeyUses(connection, alert, nowMs - learnedMs, fromMs);
    await noteSightings(connection, past, fromMs, nowMs);
  }
  const uses = await readKeyUses(connection, alert, fromMs, toMs);
  const sightings = await noteSightings(connection, uses, fromMs, nowMs);
  const injections = await countInjections(connection, alert, fromMs, toMs);
  const { tenantId } = alert;
  const refused = await readRefusals(connection, {
    ...{ tenantId, fromMs, toMs, by: ['KEY'], filter: alert, exceptCodes: ordinaryCodes },
  });
  const refusals = new Map<string, number>();
  for (const { keys, count } of refused) {
    if (keys.key != null) refusals.set(keys.key, (refusals.get(keys.key) ?? 0) + count);
  }
  const ofKeys = Map.groupBy(uses, (use) => use.keyId);
  const keys = new Set([...ofKeys.keys(), ...refusals.keys(), ...open.flatMap((one) => one.keys.key ?? [])]);
  const judgements = [];
  for (const key of [...keys].slice(0, seriesMax)) {
    const conduct = await readConduct(connection, ofKeys.get(key) ?? [], {
      ...{ refusals: refusals.get(key) ?? 0, injections: injections.get(key) ?? 0, sightings, nowMs },
    });
    for (const pattern of alert.patterns) {
      judgements.push({ ...patternJudges[pattern](conduct), keys: { key }, pattern, fromMs, toMs });
    }
  }
  const problem =
    uses.length < usesMax
      ? describeTooMany(keys.size, seriesMax)
      : `Keys were used in more than ${usesMax} combinations of network and AI model: filter by app, key or AI model.`;
  return { judgements, problem };
};

interface Counts {
  readonly refusals: number;
  readonly injections: number;
  readonly sightings: NewSightings;
  readonly nowMs: number;
}

async function readConduct(
  connection: Connection,
  uses: readonly KeyUse[],
  { refusals, injections, sightings, nowMs }: Counts,
): Promise<KeyConduct> {
  const [first] = uses;
  const requests = uses.reduce((sum, use) => sum + use.requests, 0);
  const networks = new Set(uses.flatMap(({ network }) => network ?? [])).size;
  const line = first?.lineId ?? '';
  const seen = new Set(uses.map(({ network }) => network));
  const called = new Set(uses.map(({ modelId }) => modelId));
  return {
    ...{ requests, refusals, networks, injections },
    newNetworks: (sightings.networks.get(line) ?? []).filter((network) => seen.has(network)),
    newModels: (sightings.models.get(line) ?? []).filter((model) => called.has(model)),
    earlierRequests:
      first === undefined || requests <= burstRequestsMin ? [] : await readEarlier(connection, first, nowMs),
  };
}

/** Hours that have passed do not change: what they hold is read once an hour. */
const earlierByLine = new LRUCache<string, readonly number[]>({ max: 1_000 });

async function readEarlier(connection: Connection, use: KeyUse, nowMs: number): Promise<readonly number[]> {
  // The hour that is judged is left out, and what of it lies in the hour of the clock before.
  const endMs = nowMs - (nowMs % hourMs) - hourMs;
  const key = JSON.stringify([connection.id, use.tenantId, use.lineId, endMs]);
  const known = earlierByLine.get(key);
  if (known !== undefined) return known;
  const read = await readHourlyRequests(connection, use, endMs - historyMs, endMs);
  earlierByLine.set(key, read);
  return read;
}
