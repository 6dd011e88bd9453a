import { randomUUID } from 'node:crypto';
import { HeddleError } from '#core/errors.ts';
import type { AlertCondition } from '#core/graph-enums.generated.ts';
import { keepRunning } from '#core/keep-running.ts';
import { withTimeLimit } from '#core/time-limit.ts';
import { publishLeftActions } from '#mongo/alert-action-events.ts';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { type AlertRecord, type AlertWindow, alerts } from '#mongo/alerts.ts';
import { type AlertDeps, readAlertTimeMs } from './deps.ts';
import { applyJudgements, endEpisodes, findOpenEpisodes } from './episodes/apply-judgements.ts';
import { publishLeftEpisodes } from './episodes/publish-episodes.ts';
import { evaluations } from './evaluate/evaluate.ts';

const sweepEveryMs = 10_000;
/** Alerts that one process evaluates in one sweep. */
const perSweepMax = 200;
/** How long an evaluation may take, and when another process may begin it anew. */
const evaluationMsMax = 60_000;
const leaseMs = 2 * evaluationMsMax;
/** An alert waits at least this many times as long as its evaluation took, so that slow ones take at most so much of the database. */
const restFactor = 20;
/** How long the alerts of one owner are evaluated in one sweep before those of others have their turn. */
const perOwnerMsMax = 5_000;
/** An open episode that was not looked at for so long belongs to an alert that is evaluated no more. */
const forgottenMs = 2 * 3_600_000;
const forgottenMax = 100;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Rows of an hour are complete so long after it. */
const afterHourMs = 3 * minuteMs;

const byWindowMs = {
  MINUTE: minuteMs,
  HOUR: minuteMs,
  DAY: 5 * minuteMs,
  MONTH: 15 * minuteMs,
} as const satisfies Readonly<Record<AlertWindow, number>>;

type Due = (alert: AlertRecord, nowMs: number) => number;
const after =
  (ms: number): Due =>
  (_alert, nowMs) =>
    nowMs + ms;
const afterWindow: Due = ({ window }, nowMs) => nowMs + byWindowMs[window];
const nextHour: Due = (_alert, nowMs) => nowMs - ((nowMs - afterHourMs) % hourMs) + hourMs;

/** When an alert that was evaluated now is evaluated next. */
const dueAgain = {
  ABOVE: afterWindow,
  BELOW: afterWindow,
  BUDGET_SHARE: after(2 * minuteMs),
  BURN_RATE: afterWindow,
  FORECAST: after(15 * minuteMs),
  ANOMALY: nextHour,
  SECURITY: after(2 * minuteMs),
} as const satisfies Readonly<Record<AlertCondition, Due>>;

/** When it is evaluated next; also of a condition that only a newer version knows, which the alert states as its problem. */
function computeDueMs(alert: AlertRecord, nowMs: number): number {
  const due: Due = Object.hasOwn(dueAgain, alert.condition) ? dueAgain[alert.condition] : nextHour;
  return due(alert, nowMs);
}

/**
 * Evaluates the alerts that are due, those that wait longest first, each in one process of all at a time; and publishes what killed processes have
 * left. Slow alerts of one owner do not keep those of others waiting. Returns how many there were.
 */
export async function sweepAlerts(deps: AlertDeps): Promise<number> {
  await publishLeftEpisodes(deps);
  await publishLeftActions(deps.connection, deps.events);
  await endForgotten(deps);
  const tookMs = new Map<string | null, number>();
  let count = 0;
  while (count < perSweepMax) {
    const except = [...tookMs].flatMap(([tenantId, ms]) => (ms < perOwnerMsMax ? [] : [tenantId]));
    const alert = await claimDueAlert(except, deps);
    if (alert === null) break;
    const startedMs = performance.now();
    await evaluateAlert(alert, deps);
    const { tenantId } = alert;
    tookMs.set(tenantId, (tookMs.get(tenantId) ?? 0) + performance.now() - startedMs);
    count += 1;
  }
  return count;
}

/** Takes the alert that waits longest, of other owners than these: no other process does before the lease ends. */
async function claimDueAlert(
  except: readonly (string | null)[],
  deps: AlertDeps,
): Promise<AlertRecord | null> {
  const nowMs = await readAlertTimeMs(deps);
  return alerts(deps.connection)
    .findOneAndUpdate(
      { enabled: true, dueAt: { $lte: new Date(nowMs) }, tenantId: { $nin: [...except] } },
      { $set: { dueAt: new Date(nowMs + leaseMs), turn: randomUUID() } },
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    )
    .lean();
}

/** Evaluates an alert as it was claimed. It has no effect where the alert was saved or deleted since. */
export async function evaluateAlert(alert: AlertRecord, deps: AlertDeps): Promise<void> {
  const { _id, turn } = alert;
  const records = alerts(deps.connection);
  const nowMs = await readAlertTimeMs(deps);
  const startedMs = performance.now();
  let problem: string | null;
  try {
    const open = await findOpenEpisodes(_id, deps);
    const evaluation = await withTimeLimit(
      evaluations[alert.condition]({ alert, open, nowMs, deps }),
      evaluationMsMax,
      () =>
        new HeddleError(
          'OVERLOADED',
          'It takes too long: filter by app, key or AI model, or use a shorter window.',
        ),
    );
    // Saved or deleted meanwhile: what was judged is no longer what is wanted.
    if ((await records.exists({ _id, turn })) === null) return;
    problem = (await applyJudgements(alert, evaluation.judgements, nowMs, deps)) ?? evaluation.problem;
  } catch (err) {
    // Any error: the alert states it, and is evaluated again.
    deps.log.warn({ err, alertId: _id, tenantId: alert.tenantId }, 'an alert could not be evaluated');
    problem =
      err instanceof HeddleError ? err.message : 'It could not be evaluated; the log of the mesh states why.';
  }
  const restMs = restFactor * (performance.now() - startedMs);
  const dueAt = new Date(Math.max(computeDueMs(alert, nowMs), nowMs + restMs));
  await records.updateOne({ _id, turn }, { $set: { dueAt, problem, evaluatedAt: new Date(nowMs) } });
}

/** Ends episodes that were begun while their alert was deleted or disabled. */
async function endForgotten(deps: AlertDeps): Promise<void> {
  const nowMs = await readAlertTimeMs(deps);
  const forgotten = await alertEpisodes(deps.connection)
    .find({ openKey: { $exists: true }, checkedAt: { $lt: new Date(nowMs - forgottenMs) } }, { alertId: 1 })
    .sort({ checkedAt: 1 })
    .limit(forgottenMax)
    .lean();
  for (const alertId of new Set(forgotten.map((episode) => episode.alertId))) {
    const alert = await alerts(deps.connection).findById(alertId, { enabled: 1 }).lean();
    if (alert?.enabled === true) continue;
    await endEpisodes(alertId, alert === null ? 'ALERT_DELETED' : 'ALERT_CHANGED', nowMs, deps);
  }
}

/** Sweeps every ten seconds until it is disposed; a failed sweep is logged, and the next one makes up for it. */
export function keepSweepingAlerts(deps: AlertDeps): AsyncDisposable {
  return keepRunning(
    sweepEveryMs,
    () => sweepAlerts(deps),
    (err) => deps.log.warn({ err }, 'alerts could not be evaluated'),
  );
}
