import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { badInput, notFound } from '#core/input.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { toPartId, type UsageExportRecord, usageExports } from '#mongo/usage-exports.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { readAlertTimeMs } from '../alerts/deps.ts';
import type { UsageDeps } from '../deps.ts';
import type { UsageExportInput } from '../generated.ts';
import type { UsageContext } from '../loaders.ts';
import { toCalls } from '../usage-calls.ts';
import { checkUsageRange } from '../usage-query.ts';
import { usageExportFormats } from './export-format.ts';

const dayMs = 86_400_000;
const keptMs = 7 * dayMs;
/** Exports that a list has at most: there are no more of one tenant unless an operator raises the limit. */
const listedMax = 100;

/** Begins an export, which this process or another one of the mesh continues. CONFLICT where the tenant has too many. */
export async function startUsageExport(
  input: UsageExportInput,
  context: UsageContext,
  deps: UsageDeps,
): Promise<UsageExportRecord> {
  const { format } = input;
  const { from, to } = checkUsageRange(input);
  const now = new Date(await readAlertTimeMs(deps));
  if (to > now)
    badInput('input.to', 'must not lie in the future: the file would lack what is called until then.');
  const { fixedBy } = usageExportFormats[format];
  if (fixedBy !== null) {
    if (input.by.length > 0 || input.interval !== 'DAY')
      badInput('input.by', `and interval are fixed by the format ${format}: leave them out.`);
    if (from.getTime() % dayMs !== 0 || to.getTime() % dayMs !== 0)
      badInput('input.from', `and to must be starts of days (UTC) for the format ${format}.`);
  }
  const { rows, ...calls } = toCalls(context.reach('own-row').rows(), input.filter ?? null) ?? outOfReach();
  if (Object.keys(rows).length > 0) outOfReach();
  const { tenantId } = calls;
  const record: UsageExportRecord = {
    ...{ _id: randomUUID(), tenantId, format, from, to, interval: input.interval },
    ...{ by: [...(fixedBy ?? new Set(input.by))], filter: calls.filter },
    status: 'RUNNING',
    ...{ until: from, parts: 0, rows: 0, bytes: 0, runs: [], leaseUntil: now, errorCode: null, error: null },
    ...{ createdAt: now, finishedAt: null, expiresAt: new Date(now.getTime() + keptMs) },
  };
  await context.auditTarget({ tenantId, type: 'UsageExport', id: record._id });
  const records = usageExports(deps.connection);
  await withRoom(
    deps,
    tenantId === null ? 'usageExports' : 'usageExportsPerTenant',
    tenantId ?? '',
    () => records.countDocuments({ tenantId }),
    () => records.create({ ...record }),
  );
  context.audit({ tenantId, type: 'UsageExport', id: record._id, after: toAudited(record) });
  return record;
}

function outOfReach(): never {
  throw new HeddleError(
    'FORBIDDEN',
    'An export is of all calls of a tenant that you may see: use a key of the tenant with usage:read, without an end user.',
  );
}

/** Deletes an export with its file, also while it runs, and returns its id. */
export async function deleteUsageExport(id: string, context: UsageContext, deps: UsageDeps): Promise<string> {
  const before = (await findUsageExport(id, context, deps.connection)) ?? notFound('export', id);
  const { tenantId } = before;
  await context.auditTarget({ tenantId, type: 'UsageExport', id });
  await usageExports(deps.connection).deleteOne({ _id: id });
  await usageExportParts(deps.connection).deleteMany({ exportId: id });
  context.audit({ tenantId, type: 'UsageExport', id, before: toAudited(before) });
  return id;
}

/** Null: there is none, or none that the caller may see. */
export async function findUsageExport(
  id: string,
  context: UsageContext,
  connection: Connection,
): Promise<UsageExportRecord | null> {
  const record = await usageExports(connection).findById(id).lean();
  return record !== null && seesExport(record, context) ? record : null;
}

/** Those that the caller may see, newest first. */
export async function listUsageExports(
  context: UsageContext,
  connection: Connection,
): Promise<readonly UsageExportRecord[]> {
  const { tenantId, ...others } = context.reach('own-row').rows();
  if (Object.keys(others).length > 0) return [];
  return usageExports(connection)
    .find(tenantId === undefined ? {} : { tenantId })
    .sort({ createdAt: -1, _id: -1 })
    .limit(listedMax)
    .lean();
}

/** A part of the file; null: there is none with the number, or not yet. */
export async function readUsageExportPart(
  record: UsageExportRecord,
  number: number,
  connection: Connection,
): Promise<string | null> {
  if (number < 0 || number >= record.parts) return null;
  const part = await usageExportParts(connection).findById(toPartId(record, number)).lean();
  return part?.text ?? null;
}

/** Whoever sees all calls that are in it. */
function seesExport({ tenantId }: UsageExportRecord, context: UsageContext): boolean {
  const reach = context.reach('own-row');
  return tenantId === null
    ? Object.keys(reach.rows()).length === 0
    : reach.sees({ tenantId, appId: null, keyId: null });
}

/** What was chosen, without its progress. */
function toAudited({ tenantId, format, from, to, interval, by, filter }: UsageExportRecord) {
  return { tenantId, format, from, to, interval, by, filter };
}
