import type { Connection as Database } from 'mongoose';
import type { CallReach } from '#core/policies.ts';
import { requestTimeMs } from '#core/request-id.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { type Connection, findPage } from '../runtime/connection.ts';
import { timeSort } from '../runtime/list-input.ts';
import type { QueryInvocationsArgs } from './generated.ts';

/** Rows that match every specified field and that the caller reaches. */
export function listInvocations(
  database: Database,
  { filter, orderBy, ...page }: QueryInvocationsArgs,
  reach: CallReach,
): Promise<Connection<InvocationRecord>> {
  const { from, to, model, tag, ...equal } = filter ?? {};
  const visible = reach.rows();
  const given = Object.entries({ ...equal, modelId: model, tags: tag }).filter(([, value]) => value != null);
  const excludes = given.some(([name, value]) => Object.hasOwn(visible, name) && visible[name] !== value);
  const startedAt = toRange(from, to, equal.requestId);
  return findPage(
    invocations(database),
    {
      ...Object.fromEntries(given),
      ...visible,
      ...(excludes || (equal.requestId != null && requestTimeMs(equal.requestId) === undefined)
        ? { _id: { $in: [] } }
        : {}),
      ...(Object.keys(startedAt).length === 0 ? {} : { startedAt }),
    },
    timeSort(orderBy ?? 'NEWEST_FIRST', 'startedAt'),
    page,
  );
}

/** The allowed difference of the clocks of a gateway and of inference, and the longest that a request may wait before its row begins. */
const clocksDifferMsMax = 5 * 60_000;
const waitMsMax = 60 * 60_000;

/** The range of `startedAt`. A request's id contains the time when it came, so that its rows are found without an index of ids. */
function toRange(
  from: Date | null | undefined,
  to: Date | null | undefined,
  requestId: string | null | undefined,
): { readonly $gte?: Date; readonly $lt?: Date } {
  const cameMs = requestId == null ? undefined : requestTimeMs(requestId);
  const since = [from?.getTime(), cameMs === undefined ? undefined : cameMs - clocksDifferMsMax];
  const until = [to?.getTime(), cameMs === undefined ? undefined : cameMs + waitMsMax + clocksDifferMsMax];
  const starts = since.filter((ms) => ms !== undefined);
  const ends = until.filter((ms) => ms !== undefined);
  return {
    ...(starts.length === 0 ? {} : { $gte: new Date(Math.max(...starts)) }),
    ...(ends.length === 0 ? {} : { $lt: new Date(Math.min(...ends)) }),
  };
}
