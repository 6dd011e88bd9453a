import type { Connection } from 'mongoose';
import type { AlertRecord } from '#mongo/alerts.ts';
import { invocations } from '#mongo/invocations.ts';

/** Calls of one key from one network with one AI model. */
export interface KeyUse {
  readonly tenantId: string;
  readonly keyId: string;
  /** The line of rotated keys that it belongs to. */
  readonly lineId: string;
  /** Null: not known. */
  readonly network: string | null;
  readonly modelId: string;
  readonly requests: number;
  readonly firstAt: Date;
}

type Selection = Pick<AlertRecord, 'tenantId' | 'appId' | 'keyId' | 'modelId'>;

/** Combinations of key, network and AI model that one answer may have, those with the most calls first. */
export const usesMax = 10_000;
const readMsMax = 20_000;
/** Guardrails that find prompt injection. */
const injectionRules = ['injection'];

const lineId = { $ifNull: ['$keyLineId', '$keyId'] };

function select({ tenantId, appId, keyId, modelId }: Selection, fromMs: number, toMs: number) {
  return {
    ...(tenantId === null ? {} : { tenantId }),
    ...(appId === null ? {} : { appId }),
    ...(modelId === null ? {} : { modelId }),
    keyId: keyId ?? { $ne: null },
    startedAt: { $gte: new Date(fromMs), $lt: new Date(toMs) },
  };
}

/** What keys were used from and for. */
export async function readKeyUses(
  connection: Connection,
  selection: Selection,
  fromMs: number,
  toMs: number,
): Promise<KeyUse[]> {
  const found = await invocations(connection)
    .aggregate<{
      _id: { tenant: string; key: string; line: string; network: string | null; model: string };
      requests: number;
      firstAt: Date;
    }>([
      { $match: select(selection, fromMs, toMs) },
      {
        $group: {
          _id: {
            tenant: '$tenantId',
            key: '$keyId',
            line: lineId,
            network: { $ifNull: ['$clientNetwork', null] },
            model: '$modelId',
          },
          requests: { $sum: 1 },
          firstAt: { $min: '$startedAt' },
        },
      },
      { $sort: { requests: -1, _id: 1 } },
      { $limit: usesMax },
    ])
    .option({ maxTimeMS: readMsMax });
  return found.map(({ _id: { tenant, key, line, network, model }, requests, firstAt }) => ({
    ...{ tenantId: tenant, keyId: key, lineId: line, network, modelId: model },
    ...{ requests: Number(requests), firstAt },
  }));
}

/** The number of calls by key in which a guardrail against prompt injection found something. */
export async function countInjections(
  connection: Connection,
  selection: Selection,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, number>> {
  const found = await invocations(connection)
    .aggregate<{ _id: string; count: number }>([
      {
        $match: {
          ...select(selection, fromMs, toMs),
          guardrailVerdicts: { $elemMatch: { rule: { $in: injectionRules }, fired: true, failed: false } },
        },
      },
      { $group: { _id: '$keyId', count: { $sum: 1 } } },
      { $sort: { count: -1, _id: 1 } },
      { $limit: usesMax },
    ])
    .option({ maxTimeMS: readMsMax });
  return new Map(found.map(({ _id, count }) => [_id, Number(count)]));
}

/** The number of calls in each hour in which the line of a key made any. */
export async function readHourlyRequests(
  connection: Connection,
  { tenantId, lineId: keyLineId }: Pick<KeyUse, 'tenantId' | 'lineId'>,
  fromMs: number,
  toMs: number,
): Promise<readonly number[]> {
  const found = await invocations(connection)
    .aggregate<{ requests: number }>([
      { $match: { keyLineId, tenantId, startedAt: { $gte: new Date(fromMs), $lt: new Date(toMs) } } },
      { $group: { _id: { $dateTrunc: { date: '$startedAt', unit: 'hour' } }, requests: { $sum: 1 } } },
    ])
    .option({ maxTimeMS: readMsMax });
  return found.map(({ requests }) => Number(requests));
}
