import type { Connection } from 'mongoose';
import type { ErrorCode } from '#core/errors.ts';
import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertDimension, AlertRecord } from '#mongo/alerts.ts';
import { auditIdAt, auditLog } from '#mongo/audit/log.ts';
import { keyNames } from '../series.ts';

/** Refusals of one series in one hour. */
export interface RefusalCount {
  readonly keys: SeriesKeys;
  /** The start of the hour. */
  readonly startMs: number;
  readonly count: number;
}

export interface RefusalQuery {
  /** Null: of all tenants. */
  readonly tenantId: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: readonly AlertDimension[];
  readonly filter: Pick<AlertRecord, 'appId' | 'keyId' | 'modelId'>;
  /** Codes of refusals that do not count; absent: all count. */
  readonly exceptCodes?: readonly ErrorCode[];
}

/** Where a record of the audit log has each dimension. */
const fields: Readonly<Record<AlertDimension, string>> = {
  TENANT: '$tenantId',
  APP: '$actor.appId',
  KEY: '$actor.keyId',
  // The only target of what is counted as refused: the AI model that a refused call names.
  MODEL: '$targetId',
};

/** Series and hours that one answer may have. */
const refusalsMax = 10_000;
const readMsMax = 20_000;

/** Adds up the refusals that the audit log counts, by hours in UTC: those of the hours that the range touches. Null is the AI model of those that name none. At most 10,000. */
export async function readRefusals(connection: Connection, query: RefusalQuery): Promise<RefusalCount[]> {
  const { tenantId, fromMs, toMs, by, filter, exceptCodes = [] } = query;
  const found = await auditLog(connection)
    .aggregate<{ _id: { hour: Date } & Record<string, string | null>; count: number }>([
      {
        $match: {
          ...(tenantId === null ? {} : { tenantId }),
          ...(filter.appId === null ? {} : { 'actor.appId': filter.appId }),
          ...(filter.keyId === null ? {} : { 'actor.keyId': filter.keyId }),
          ...(filter.modelId === null ? {} : { targetId: filter.modelId }),
          _id: { $gte: auditIdAt(new Date(fromMs - (fromMs % 3_600_000))), $lt: auditIdAt(new Date(toMs)) },
          outcome: 'REFUSED',
          ...(exceptCodes.length === 0 ? {} : { errorCode: { $nin: [...exceptCodes] } }),
        },
      },
      {
        $group: {
          _id: {
            // A record that counts has the time at which its hour began.
            hour: { $dateTrunc: { date: '$at', unit: 'hour' } },
            ...Object.fromEntries(by.map((name) => [keyNames[name], { $ifNull: [fields[name], null] }])),
          },
          count: { $sum: '$count' },
        },
      },
      { $sort: { count: -1, _id: 1 } },
      { $limit: refusalsMax },
    ])
    .option({ maxTimeMS: readMsMax });
  return found.map(({ _id: { hour: start, ...keys }, count }) => ({
    keys,
    startMs: start.getTime(),
    count: Number(count),
  }));
}
