import type { Connection } from 'mongoose';
import { z } from 'zod';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { computeProof } from './report-erasure.ts';

/** The report of an erasure that has ended, as operators keep it outside of the store. */
export type ErasureReport = Pick<ErasureRecord, 'kind' | 'tenantId' | 'subjectHash' | 'counts'> & {
  readonly id: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly finishedAt: string;
  /** SHA-256 of the report. */
  readonly proof: string;
};

/** The reports of all erasures that have ended, oldest first. */
export async function* listReports(connection: Connection): AsyncGenerator<ErasureReport> {
  const found = erasures(connection)
    .find({ status: 'FINISHED' })
    .sort({ requestedAt: 1, _id: 1 })
    .lean<ErasureRecord[]>();
  for await (const record of found.cursor()) {
    const { _id: id, kind, tenantId, subjectHash, requestedAt, finishedAt, counts, proof } = record;
    if (finishedAt === null || proof === null) continue;
    const times = { requestedAt: requestedAt.toISOString(), finishedAt: finishedAt.toISOString() };
    yield { id, kind, tenantId, subjectHash, ...times, counts, proof };
  }
}

const name = z.string().min(1).max(256);
const time = z.iso.datetime();
const reportForm = z.strictObject({
  id: name,
  kind: z.enum(['TENANT', 'END_USER']),
  tenantId: name,
  subjectHash: z.string().nullable(),
  requestedAt: time,
  finishedAt: time,
  counts: z.record(z.string(), z.int().nonnegative()),
  proof: z.string(),
});

/** The report that a parsed line of JSON is; undefined: it is none, or is not as its proof states. */
export function readReport(parsed: unknown): ErasureReport | undefined {
  const { data } = reportForm.safeParse(parsed);
  if (data === undefined) return undefined;
  const { id: _id, requestedAt, finishedAt, ...report } = data;
  const times = { requestedAt: new Date(requestedAt), finishedAt: new Date(finishedAt) };
  return computeProof({ ...report, _id, ...times }) === data.proof ? data : undefined;
}
