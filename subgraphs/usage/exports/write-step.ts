import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import { type UsageExportPartRecord, usageExportParts } from '#mongo/usage-export-parts.ts';
import { toPartId, type UsageExportRecord } from '#mongo/usage-exports.ts';
import { readRollup } from '#mongo/usage-rollups.ts';
import { toCsvLine } from './csv.ts';
import type { CsvColumn } from './csv-column.ts';
import { usageExportFormats } from './export-format.ts';

/** What bounds the file of an export. */
export interface ExportBounds {
  /** Characters of a part, about. */
  readonly partChars: number;
  /** Bytes of a file. */
  readonly bytesMax: number;
  /** Lines of one step: what is read at once. */
  readonly groupsMax: number;
}

export const exportBounds: ExportBounds = {
  partChars: 256 * 1024,
  bytesMax: 256 * 1024 * 1024,
  groupsMax: 200_000,
};
/** Parts in one write. */
const writtenMax = 16;
const dayMs = 86_400_000;
const stepLines = 10_000;
const stepDaysMax = 31;

/** What a step has added. */
export type ExportStep = Pick<UsageExportRecord, 'until' | 'parts' | 'rows' | 'bytes'>;

/**
 * Writes the next days of an export, as the parts that follow: one to 31 days, or with buckets that are longer a month or the whole. They belong to the
 * file once its record has the step: what a killed process has written is left aside. Throws BAD_USER_INPUT where it is too large.
 */
export async function writeStep(
  record: UsageExportRecord,
  connection: Connection,
  { partChars, bytesMax, groupsMax }: ExportBounds,
): Promise<ExportStep> {
  const { _id: exportId, tenantId, filter, by, interval, expiresAt } = record;
  const { listColumns, latencies } = usageExportFormats[record.format];
  const read = async (until: Date) => {
    const question = { tenantId, filter, by, interval, latencies, groupsMax };
    return { until, groups: await readRollup(connection, { ...question, from: record.until, to: until }) };
  };
  const isLong = (error: unknown) => error instanceof HeddleError && error.code === 'BAD_USER_INPUT';
  const { until, groups } = await read(findStepEnd(record, chooseDays(record))).catch((error: unknown) => {
    if (!isLong(error)) throw error;
    return read(findStepEnd(record, 1));
  });
  let { parts, bytes } = record;
  let batch: UsageExportPartRecord[] = [];
  const store = async () => {
    if (batch.length > 0) await storeParts(connection, batch);
    batch = [];
  };
  for (const text of cutIntoParts(groups, listColumns(by), { partChars, isFirst: record.parts === 0 })) {
    bytes += Buffer.byteLength(text);
    if (bytes > bytesMax) {
      throw new HeddleError(
        'BAD_USER_INPUT',
        `The file would have more than ${bytesMax} bytes: request a shorter range, a longer interval or fewer dimensions.`,
      );
    }
    batch.push({ _id: toPartId(record, parts), exportId, text, expiresAt });
    parts += 1;
    if (batch.length === writtenMax) await store();
  }
  await store();
  return { until, parts, rows: record.rows + groups.length, bytes };
}

/** Days of a step: as many as may have about `stepLines`, by those that are written. */
function chooseDays({ from, until, rows }: UsageExportRecord): number {
  const days = (until.getTime() - from.getTime()) / dayMs;
  return days === 0
    ? 1
    : Math.min(stepDaysMax, Math.max(1, Math.floor((stepLines * days) / Math.max(1, rows))));
}

function findStepEnd({ until, to, interval }: UsageExportRecord, days: number): Date {
  const end =
    interval === 'ALL'
      ? to.getTime()
      : interval === 'MONTH'
        ? Date.UTC(until.getUTCFullYear(), until.getUTCMonth() + 1, 1)
        : (Math.floor(until.getTime() / dayMs) + days) * dayMs;
  return new Date(Math.min(end, to.getTime()));
}

/** The lines, in texts of about the same size; the file begins with the names of the columns. */
function* cutIntoParts(
  groups: readonly RollupGroup[],
  columns: readonly CsvColumn[],
  { partChars, isFirst }: Pick<ExportBounds, 'partChars'> & { readonly isFirst: boolean },
): Generator<string> {
  let text = isFirst ? toCsvLine(columns.map(({ name }) => name)) : '';
  for (const group of groups) {
    text += toCsvLine(columns.map(({ read }) => read(group)));
    if (text.length < partChars) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

async function storeParts(connection: Connection, parts: readonly UsageExportPartRecord[]): Promise<void> {
  await usageExportParts(connection).collection.bulkWrite(
    parts.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id as never }, replacement, upsert: true },
    })),
    { writeConcern: { w: 'majority', j: true } },
  );
}
