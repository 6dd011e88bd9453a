import type { Connection } from 'mongoose';
import type { ErasureKind } from '#core/graph-enums.generated.ts';
import { type Eraser, type ErasureSubject, eraseByDeleting, readEndUserId } from '../eraser.ts';
import { labelDimensions, meshDimensions, plainDimensions } from './dimensions.ts';
import { usageBlocks } from './usage-blocks.ts';

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
    END_USER: create((subject) => {
      const endUserId = readEndUserId(subject);
      const isInTag = { $regex: RegExp.escape(endUserId), $options: 'i' };
      return {
        tenantId: subject.tenantId,
        $or: [{ 'keys.END_USER': endUserId }, { 'keys.TAG': isInTag }],
      };
    }),
  };
}
