import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import { checkedPatterns, splitPatterns } from '#core/name-patterns.ts';
import { type EventRecord, events } from '#mongo/events.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, matchingLists } from '../../runtime/list-input.ts';
import { visibleRecords } from '../deps.ts';
import type { QueryEventsArgs, SubscriptionEventsArgs } from '../generated.ts';
import type { EventFeed, EventSelection } from './event-feed.ts';

/** Published events that match every specified field and that the caller may see, in the order in which they were published. */
export function listEvents(
  { filter, orderBy, ...page }: QueryEventsArgs,
  caller: Caller,
  database: Database,
): Promise<Connection<EventRecord>> {
  const { from, to, tenantId, types, subject } = filter ?? {};
  const visible = visibleRecords(caller);
  const isOther = tenantId != null && visible.tenantId !== undefined && tenantId !== visible.tenantId;
  const range = given({ $gte: from, $lt: to });
  const where = {
    ...ofTypes(types, 'filter.types'),
    ...given({ subject, tenantId }),
    ...visible,
    ...(Object.keys(range).length === 0 ? {} : { at: range }),
    sequence: isOther ? { $in: [] } : { $gt: 0 },
  };
  return findPage(events(database), where, { sequence: orderBy === 'OLDEST_FIRST' ? 1 : -1 }, page);
}

/** The events that are published from now on, or after the one with the ID: of the caller's tenant, or of all with tenants:admin. */
export async function followEvents(
  { types, after }: SubscriptionEventsArgs,
  caller: Caller,
  signal: AbortSignal,
  { feed, database }: { readonly feed: EventFeed; readonly database: Database },
): Promise<AsyncIterable<EventRecord>> {
  const selection = select(types, caller);
  const last = await feed.open();
  if (after == null) return feed.follow(last, selection, signal);
  const known = await events(database)
    .findOne({ _id: after, ...visibleRecords(caller), sequence: { $gt: 0 } }, { sequence: 1 })
    .lean();
  if (known?.sequence === undefined) {
    badInput(
      'after',
      'is the ID of no event that is retained: subscribe without it, and read the query events.',
    );
  }
  return feed.follow(known.sequence, selection, signal);
}

function select(types: readonly string[] | null | undefined, caller: Caller): EventSelection {
  const visible = visibleRecords(caller);
  const { names, prefixes } = splitPatterns(checkedPatterns(types, 'types') ?? ['*']);
  const known = new Set(names);
  return {
    where: { ...ofTypes(types, 'types'), ...visible },
    matches: ({ type, tenantId }) =>
      (visible.tenantId === undefined || visible.tenantId === tenantId) &&
      (known.has(type) || prefixes.some((prefix) => type.startsWith(prefix))),
  };
}

function ofTypes(types: readonly string[] | null | undefined, field: string) {
  const patterns = checkedPatterns(types, field);
  return patterns === null ? {} : matchingLists([{ subject: field, patterns }], 'type');
}
