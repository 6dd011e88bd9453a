import type { Connection } from 'mongoose';
import type { ErasureKind } from '#core/graph-enums.generated.ts';
import { type Eraser, type ErasureSubject, eraseByDeleting, readEndUserId } from '../eraser.ts';
import { labelDimensions, meshDimensions, plainDimensions } from './dimensions.ts';
import { type SliceLevel, sliceLevels, sliceStart } from './slices.ts';
import { type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { staleUsageHours } from './usage-progress.ts';

/** Dimensions whose values the erasure of a tenant takes from its rows. */
const identifying = [...plainDimensions, ...labelDimensions].filter(
  (dimension) => !(meshDimensions as readonly string[]).includes(dimension),
);

/**
 * Deletes the blocks of usage that name what is erased. They are made again from the rows, which are redacted first, and whose hours are
 * marked as stale: until then usage is read row by row. A run that has
 * read the rows before takes back what it writes (fold.ts); where it is killed in between, the block stays until its hour is summed again, after about ten minutes.
 */
export function createSumErasers(connection: Connection): Readonly<Record<ErasureKind, Eraser>> {
  const create = (toFilter: (subject: ErasureSubject) => object) =>
    eraseByDeleting(connection, usageBlocks, toFilter);
  return {
    TENANT: create(({ tenantId }) => {
      const isOwn = { $regex: `^${RegExp.escape(`${tenantId}:`)}(?!erased(?:/|$))` };
      const names = identifying.map((dimension) => ({ [`keys.${dimension}`]: { $exists: true } }));
      return {
        $or: [
          { tenantId, $or: names },
          { tenantId: { $in: [tenantId, null] }, $or: [{ 'keys.MODEL': isOwn }, { 'keys.PROVIDER': isOwn }] },
        ],
      };
    }),
    END_USER: createEndUserEraser(connection),
  };
}

/** Of slices without rows of the end user nothing is deleted: what is like the id there, in a tag, is not the end user's, and nothing would sum it again. */
function createEndUserEraser(connection: Connection): Eraser {
  const blocks = usageBlocks(connection);
  const { name } = blocks.collection;
  const eraser = eraseByDeleting(connection, usageBlocks, () => ({}));
  return {
    ...eraser,
    async find(subject, after, max) {
      const endUserId = readEndUserId(subject);
      const isInTag = { $regex: RegExp.escape(endUserId), $options: 'i' };
      const named = await blocks
        .find(
          {
            tenantId: subject.tenantId,
            $or: [{ 'keys.END_USER': endUserId }, { 'keys.TAG': isInTag }, { 'keys.EXPERIMENT': isInTag }],
            ...(after === null ? {} : { _id: { $gt: after } }),
          },
          { level: 1, start: 1 },
        )
        .sort({ _id: 1 })
        .limit(max)
        .lean<Pick<UsageBlockRecord, '_id' | 'level' | 'start'>[]>();
      const isStale = await findStaleSlices(connection);
      const ids = named.filter(({ level, start }) => isStale(level, start)).map(({ _id }) => _id);
      return { found: { [name]: ids }, next: named.length < max ? null : (named.at(-1)?._id ?? null) };
    },
  };
}

/** Which slices have an hour whose sums are not current. */
async function findStaleSlices(connection: Connection): Promise<(level: SliceLevel, start: Date) => boolean> {
  const hours: Date[] = await staleUsageHours(connection).distinct('_id');
  const starts = new Map(
    sliceLevels.map((level) => {
      // Hours are the shortest that are marked.
      const wide = level === 'FINE' ? 'HOUR' : level;
      return [level, new Set(hours.map((hour) => sliceStart(wide, hour.getTime())))];
    }),
  );
  return (level, start) =>
    starts.get(level)?.has(sliceStart(level === 'FINE' ? 'HOUR' : level, start.getTime())) === true;
}
