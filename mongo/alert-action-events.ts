import type { Connection } from 'mongoose';
import { toNodeId } from '#core/node-id.ts';
import { type ActionTurn, type AlertActionRecord, alertActions } from './alert-actions.ts';
import type { EventLog, NewEvent } from './events.ts';

/** Actions that one sweep publishes. */
const pageMax = 500;
const types = { ACTED: 'alert.acted', UNDONE: 'alert.undone' } as const satisfies Record<
  ActionTurn,
  NewEvent['type']
>;

/** Publishes what of an action is not published yet, each turn once. */
export async function publishAction(
  record: AlertActionRecord,
  connection: Connection,
  events: Pick<EventLog, 'record'>,
): Promise<void> {
  for (const turn of record.unpublished) {
    await events.record(toEvent(record, turn), `alertAction:${record._id}:${turn}`);
    await alertActions(connection).updateOne({ _id: record._id }, { $pull: { unpublished: turn } });
  }
}

/** Publishes what processes that were killed have not. */
export async function publishLeftActions(
  connection: Connection,
  events: Pick<EventLog, 'record'>,
): Promise<void> {
  const left = await alertActions(connection)
    .find({ unpublished: { $in: ['ACTED', 'UNDONE'] } })
    .sort({ requestedAt: 1, _id: 1 })
    .limit(pageMax)
    .lean();
  for (const record of left) await publishAction(record, connection, events);
}

function toEvent(record: AlertActionRecord, turn: ActionTurn): NewEvent {
  const { _id, tenantId, alertId, action, target, reason } = record;
  const isRefused = turn === 'ACTED' && record.reason !== null;
  const data = {
    ...{ alertId: toNodeId('Alert', alertId), action, target },
    ...(turn === 'ACTED' ? { state: isRefused ? 'REFUSED' : 'ACTIVE', reason } : {}),
  };
  return { type: types[turn], tenantId, subject: _id, data };
}
