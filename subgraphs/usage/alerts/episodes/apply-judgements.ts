import { randomUUID } from 'node:crypto';
import type { AlertCondition, AlertEndReason } from '#core/graph-enums.generated.ts';
import { isDuplicateKey } from '#core/input.ts';
import { type AlertEpisodeRecord, alertEpisodes } from '#mongo/alert-episodes.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import type { AlertDeps } from '../deps.ts';
import { type SeriesJudgement, toOpenKey } from '../series.ts';
import { publishEpisode } from './publish-episodes.ts';

/** Episodes of one alert that are open at once. */
const openMax = 20;
/** Episodes that begin within a day, of one alert and of all alerts of its owner: a condition that holds again and again is no news. */
const perDayMax = { alert: 200, owner: 2_000 } as const;
const dayMs = 86_400_000;
const keptMs = 90 * dayMs;

/** Evaluations in a row in which a condition must not hold before its episode ends: those of slow conditions are far apart. */
const clearsMin = {
  ABOVE: 3,
  BELOW: 3,
  BUDGET_SHARE: 1,
  BURN_RATE: 3,
  FORECAST: 2,
  ANOMALY: 1,
  SECURITY: 3,
} as const satisfies Readonly<Record<AlertCondition, number>>;

/**
 * Begins, continues and ends the episodes of an alert by what its evaluation states; returns why that was not complete, null if it was. A series
 * that was not judged is taken for clear. Of one series there is one open episode, whatever the number of processes.
 */
export async function applyJudgements(
  alert: AlertRecord,
  judgements: readonly SeriesJudgement[],
  nowMs: number,
  deps: AlertDeps,
): Promise<string | null> {
  const open = await findOpenEpisodes(alert._id, deps);
  const byKey = new Map(judgements.map((one) => [toOpenKey(alert._id, one), one]));
  for (const episode of open) {
    await continueEpisode(episode, byKey.get(episode.openKey ?? ''), nowMs, deps);
  }
  const known = new Set(open.map(({ openKey }) => openKey));
  const beginning = [...byKey].filter(([key, { state }]) => state === 'FIRING' && !known.has(key));
  if (beginning.length === 0) return null;
  const openRoom = Math.max(0, openMax - open.length);
  const room = Math.min(openRoom, await countRoomOfDay(alert, nowMs, deps));
  for (const [openKey, judgement] of beginning.slice(0, room)) {
    await beginEpisode(alert, openKey, judgement, nowMs, deps);
  }
  if (beginning.length <= room) return null;
  const reason =
    room < openRoom
      ? `of one alert ${perDayMax.alert} episodes begin within 24 hours, of all alerts of one owner ${perDayMax.owner}: raise the threshold`
      : `of one alert ${openMax} episodes are open at once`;
  return `The condition holds for ${beginning.length - room} more series; ${reason}.`;
}

/** How many more episodes may begin. */
async function countRoomOfDay(
  { _id: alertId, tenantId }: AlertRecord,
  nowMs: number,
  { connection }: AlertDeps,
): Promise<number> {
  const records = alertEpisodes(connection);
  const startedAt = { $gt: new Date(nowMs - dayMs) };
  const [ofAlert, ofOwner] = await Promise.all([
    records.countDocuments({ alertId, startedAt }).limit(perDayMax.alert),
    records.countDocuments({ tenantId, startedAt }).limit(perDayMax.owner),
  ]);
  return Math.min(perDayMax.alert - ofAlert, perDayMax.owner - ofOwner);
}

/** The open episodes of an alert. */
export function findOpenEpisodes(
  alertId: string,
  { connection }: Pick<AlertDeps, 'connection'>,
): Promise<AlertEpisodeRecord[]> {
  return alertEpisodes(connection)
    .find({ alertId, openKey: { $exists: true } })
    .sort({ startedAt: 1, _id: 1 })
    .limit(openMax * 2)
    .lean();
}

async function beginEpisode(
  alert: AlertRecord,
  openKey: string,
  judgement: SeriesJudgement,
  nowMs: number,
  deps: AlertDeps,
): Promise<void> {
  const { keys, pattern = null, reason, value, bound, baseline = null, fromMs, toMs } = judgement;
  const { _id: alertId, tenantId, metric, condition } = alert;
  const at = new Date(nowMs);
  const episode: AlertEpisodeRecord = {
    _id: randomUUID(),
    ...{ alertId, tenantId, metric, condition, pattern, keys },
    ...{ startedAt: at, endedAt: null, endReason: null, checkedAt: at },
    ...{ reason, value, bound, baseline, peakValue: value, lastValue: value },
    ...{ callsFrom: new Date(fromMs), callsTo: new Date(toMs), clearCount: 0, openKey },
    unpublished: alert.action === 'NOTIFY' ? ['STARTED'] : ['ACTION', 'STARTED'],
  };
  try {
    await alertEpisodes(deps.connection).create({ ...episode });
  } catch (error) {
    // Another process has begun it.
    if (isDuplicateKey(error)) return;
    throw error;
  }
  await publishEpisode(episode, deps);
}

async function continueEpisode(
  episode: AlertEpisodeRecord,
  judgement: SeriesJudgement | undefined,
  nowMs: number,
  deps: AlertDeps,
): Promise<void> {
  const isClear = judgement === undefined || judgement.state === 'CLEAR';
  const clearCount = isClear ? episode.clearCount + 1 : 0;
  if (clearCount >= clearsMin[episode.condition]) return endEpisode(episode, 'RECOVERED', nowMs, deps);
  const value = judgement?.value ?? null;
  await alertEpisodes(deps.connection).updateOne(
    { _id: episode._id, openKey: { $exists: true } },
    {
      $set: {
        ...{ clearCount, lastValue: value, checkedAt: new Date(nowMs) },
        ...(isFarther(value, episode) ? { peakValue: value } : {}),
      },
    },
  );
}

/** Is the value farther from what is usual, or from the bound, than any before? */
function isFarther(value: number | null, { peakValue, baseline, bound }: AlertEpisodeRecord): boolean {
  if (value === null) return false;
  if (peakValue === null) return true;
  const from = baseline ?? bound ?? 0;
  const direction = Math.sign(peakValue - from) || 1;
  return (value - peakValue) * direction > 0;
}

/** Ends an open episode and publishes that. */
async function endEpisode(
  episode: AlertEpisodeRecord,
  endReason: AlertEndReason,
  nowMs: number,
  deps: AlertDeps,
): Promise<void> {
  const records = alertEpisodes(deps.connection);
  const at = new Date(nowMs);
  const ended = await records
    .findOneAndUpdate(
      { _id: episode._id, openKey: { $exists: true } },
      {
        $set: { endedAt: at, endReason, checkedAt: at, expiresAt: new Date(nowMs + keptMs) },
        $unset: { openKey: 1 },
        $push: { unpublished: 'ENDED' },
      },
      { returnDocument: 'after' },
    )
    .lean();
  if (ended !== null) await publishEpisode(ended, deps);
}

/** Ends all open episodes of an alert. */
export async function endEpisodes(
  alertId: string,
  endReason: AlertEndReason,
  nowMs: number,
  deps: AlertDeps,
): Promise<void> {
  for (;;) {
    const open = await findOpenEpisodes(alertId, deps);
    if (open.length === 0) return;
    for (const episode of open) await endEpisode(episode, endReason, nowMs, deps);
  }
}
