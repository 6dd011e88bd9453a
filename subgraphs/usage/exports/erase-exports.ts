import type { Connection } from 'mongoose';
import { type Eraser, type ErasureSubject, eraseByDeleting } from '#mongo/eraser.ts';
import { personalDimensions } from '#mongo/usage/dimensions.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { usageExports } from '#mongo/usage-exports.ts';

/** Exports that may name what is erased: of an end user those by or of what clients name; of a tenant all, and those of the mesh. */
export function createExportEraser(connection: Connection): Eraser {
  return eraseByDeleting(connection, usageExports, ({ kind, tenantId }: ErasureSubject) => ({
    tenantId: { $in: [tenantId, null] },
    ...(kind === 'END_USER' && {
      $or: [
        { by: { $in: personalDimensions } },
        ...personalDimensions.map((name) => ({ [`filter.${name}`]: { $exists: true } })),
      ],
    }),
  }));
}

/** Parts whose exports are deleted: also those that a process has written since. */
export function createExportPartEraser(connection: Connection): Eraser {
  const parts = usageExportParts(connection);
  const { name } = parts.collection;
  return {
    async find(_subject, after, max) {
      const exportIds: string[] = await parts.distinct('exportId');
      const there = await usageExports(connection).distinct('_id', { _id: { $in: exportIds } });
      const deleted = exportIds.filter((id) => !there.includes(id));
      const found = await parts
        .find({ exportId: { $in: deleted }, ...(after === null ? {} : { _id: { $gt: after } }) }, { _id: 1 })
        .sort({ _id: 1 })
        .limit(max)
        .lean();
      const ids = found.map(({ _id }) => _id);
      return { found: { [name]: ids }, next: ids.length < max ? null : (ids.at(-1) ?? null) };
    },
    async erase(_subject, found) {
      await parts.deleteMany({ _id: { $in: [...(found[name] ?? [])] } });
    },
  };
}
