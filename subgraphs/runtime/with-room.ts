import type { Connection } from 'mongoose';
import { type Counted, type CountLimits, noRoomFor, parseCountLimits } from '#core/count-limits.ts';
import { withLock } from '#mongo/locks.ts';

interface CountedServices {
  readonly connection: Connection;
  readonly counts?: CountLimits;
}

const standard = parseCountLimits();

/** How many there may be. */
export function readCountMax(
  { counts = standard }: Pick<CountedServices, 'counts'>,
  counted: Counted,
): number {
  return counts[counted];
}

/**
 * Creates where `count` finds fewer than there may be, otherwise CONFLICT: one creation at a time for each owner (a
 * tenant, an app …), in all processes, so that there are never more.
 */
export function withRoom<T>(
  services: CountedServices,
  counted: Counted,
  owner: string,
  count: () => Promise<number>,
  create: () => Promise<T>,
): Promise<T> {
  return withLock(services.connection, `${counted} ${owner}`.trim(), async () => {
    await requireRoom(services, counted, count);
    return create();
  });
}

/** CONFLICT where `count` finds as many as there may be; for whoever holds a lock of its own. */
export async function requireRoom(
  services: Pick<CountedServices, 'counts'>,
  counted: Counted,
  count: () => PromiseLike<number>,
): Promise<void> {
  const max = readCountMax(services, counted);
  if ((await count()) >= max) throw noRoomFor(counted, max);
}
