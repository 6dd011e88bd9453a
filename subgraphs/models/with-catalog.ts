import { type Counted, noRoomFor } from '#core/count-limits.ts';
import { withLock } from '#mongo/locks.ts';
import { readCountMax } from '../runtime/with-room.ts';
import type { ModelsDeps } from './deps.ts';

/** Runs while no provider, model or route is made or deleted by another: what is found to be there, or unused, stays so. */
export function withCatalog<T>(
  { connection }: Pick<ModelsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, 'the catalog of models', run);
}

/** CONFLICT where there would be more than there may be. Within `withCatalog`. */
export async function checkRoom(
  deps: ModelsDeps,
  counted: Counted,
  present: PromiseLike<number>,
  added = 1,
): Promise<void> {
  const max = readCountMax(deps, counted);
  if ((await present) + added > max) throw noRoomFor(counted, max);
}

/** How many records have other ids than these. */
export async function countOthers(
  count: (filter: Readonly<Record<string, unknown>>) => PromiseLike<number>,
  ids: readonly string[],
): Promise<number> {
  const [all, named] = await Promise.all([count({}), count({ _id: { $in: ids } })]);
  return all - named;
}
