import type { AlertCondition } from '#core/graph-enums.generated.ts';
import { toNodeId } from '#core/node-id.ts';
import { type AlertEpisodeRecord, alertEpisodes, type EpisodeTurn } from '#mongo/alert-episodes.ts';
import type { NewEvent } from '#mongo/events.ts';
import { requestAction } from '../actions/request-action.ts';
import type { AlertDeps } from '../deps.ts';
import { toCallsUrl } from './episode-links.ts';

/** Conditions with a bound that the alert does not state. */
const anomalous: ReadonlySet<AlertCondition> = new Set<AlertCondition>(['ANOMALY', 'SECURITY']);
const anomalyTypes = { STARTED: 'anomaly.found', ENDED: 'anomaly.ended' } as const;
const alertTypes = { STARTED: 'alert.started', ENDED: 'alert.ended' } as const;
/** Episodes that one sweep publishes. */
const pageMax = 500;

/**
 * Requests what the alert of an episode does, and publishes the beginning and the end of the episode, as far as that is not done yet: each once, also where processes that do so at the
 * same time are killed in between, as actions and events have ids of their own.
 */
export async function publishEpisode(episode: AlertEpisodeRecord, deps: AlertDeps): Promise<void> {
  const { connection, events, publicUrl } = deps;
  for (const turn of episode.unpublished ?? []) {
    if (turn === 'ACTION') await requestAction(episode, deps);
    else await events.record(toEvent(episode, turn, publicUrl), `alert:${episode._id}:${turn}`);
    await alertEpisodes(connection).updateOne({ _id: episode._id }, { $pull: { unpublished: turn } });
  }
}

/** Publishes what processes that were killed have not. */
export async function publishLeftEpisodes(deps: AlertDeps): Promise<void> {
  const left = await alertEpisodes(deps.connection)
    .find({ unpublished: { $in: ['ACTION', 'STARTED', 'ENDED'] } })
    .sort({ startedAt: 1, _id: 1 })
    .limit(pageMax)
    .lean();
  for (const episode of left) await publishEpisode(episode, deps);
}

function toEvent(
  episode: AlertEpisodeRecord,
  turn: Exclude<EpisodeTurn, 'ACTION'>,
  publicUrl: string | undefined,
): NewEvent {
  const { _id, tenantId, metric, condition, pattern, keys, reason, value, bound, baseline } = episode;
  const { alertId, startedAt, endedAt, endReason, peakValue } = episode;
  const { [turn]: type } = anomalous.has(condition) ? anomalyTypes : alertTypes;
  const data = {
    ...{ alertId: toNodeId('Alert', alertId), metric, condition, pattern, keys },
    ...{ reason, value, bound, baseline, startedAt: startedAt.toISOString() },
    ...(turn === 'ENDED' ? { endedAt: endedAt?.toISOString() ?? null, endReason, peakValue } : {}),
    callsUrl: toCallsUrl(episode, publicUrl),
  };
  return { type, tenantId, subject: _id, data };
}
