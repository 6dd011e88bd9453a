import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Connection } from 'mongoose';
import { toCanonicalText } from '#mongo/audit/chain.ts';
import { type AuditRecord, auditLog } from '#mongo/audit/log.ts';
import { toOcsf } from './ocsf.ts';

export const exportFormats = ['jsonl', 'ocsf'] as const;

/** Which records an export has. */
export interface ExportFilter {
  readonly tenantId?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const formats: Readonly<Record<(typeof exportFormats)[number], (record: AuditRecord) => string>> = {
  jsonl: toCanonicalText,
  ocsf: (record) => JSON.stringify(toOcsf(record)),
};

const batchSize = 500;

/** Writes a line for each record: chain by chain, then those that are not chained. Memory does not grow with their number. */
export async function exportAuditLog(
  connection: Connection,
  { format, filter }: { readonly format: (typeof exportFormats)[number]; readonly filter: ExportFilter },
  output: Writable,
): Promise<void> {
  const { tenantId, from, to } = filter;
  const at = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
  const where = { ...(tenantId !== undefined && { tenantId }), ...((from || to) && { at }) };
  const records = auditLog(connection);
  const parts = [
    records.find({ ...where, sequence: { $gt: 0 } }).sort({ chain: 1, sequence: 1 }),
    records.find({ ...where, sequence: null }).sort({ _id: 1 }),
  ];
  async function* lines() {
    for (const part of parts) {
      for await (const record of part.lean<AuditRecord[]>().cursor({ batchSize })) {
        yield `${formats[format](record)}\n`;
      }
    }
  }
  await pipeline(lines, output, { end: output !== process.stdout });
}
