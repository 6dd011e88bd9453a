import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { toCanonicalText } from './chain.ts';
import { type AuditLog, type AuditRecord, auditIdAt, auditLog } from './log.ts';
import { auditStarts } from './starts.ts';

const action = 'audit.chain';

/** What older versions of Heddle recorded: no chain has it, and none will. */
const older = { sequence: null, expiresAt: null } as const;

/** The records of a store from before its records were chained. */
export interface OlderRecords {
  readonly count: number;
  /** SHA-256 over the canonical texts of the records in the order of their ids. */
  readonly digest: string;
}

/**
 * Where older versions of Heddle left records, begins the chain of the mesh with a record that states how many, with a digest of
 * them. They stay as they are.
 */
export async function recordChainStart(connection: Connection, audit: AuditLog, before: Date): Promise<void> {
  if ((await auditStarts(connection).exists({})) !== null) return;
  const records = auditLog(connection);
  if ((await records.exists(older)) === null) return;
  // Whoever began them was an older version: its changes have no beginning in a chain.
  const open = { ...older, outcome: 'STARTED', _id: { $lt: auditIdAt(before) } } as const;
  await records.updateMany(open, { $set: { outcome: 'INTERRUPTED' } });
  await stateOlder(audit, await digestOlder(connection));
}

async function stateOlder(audit: AuditLog, after: OlderRecords): Promise<void> {
  const id = await audit.begin({
    ...{ tenantId: null, action, arguments: null, requestId: 'start', clientAddress: null },
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
  });
  const target = { targetType: 'AuditLog', targetId: 'mesh' };
  await audit.end(id, { ...target, outcome: 'SUCCEEDED', errorCode: null, before: null, after });
}

/**
 * States the older records anew, before some of them are replaced. Where what is there is neither what is stated nor what is stated
 * with the replacements, the statement stays: they were changed otherwise.
 */
export async function restateOlder(
  connection: Connection,
  audit: AuditLog,
  replace: (record: AuditRecord) => AuditRecord,
): Promise<void> {
  const stated = await readChainStart(connection);
  if (stated === null) return;
  const next = await digestOlder(connection, stated.since, replace);
  if (next.digest === stated.digest) return;
  const present = await digestOlder(connection, stated.since);
  if (present.digest === stated.digest) await stateOlder(audit, next);
}

/** Counts and digests the records that no chain has and that are closed, each as `replace` returns it. */
export async function digestOlder(
  connection: Connection,
  since?: Date,
  replace = (record: AuditRecord) => record,
): Promise<OlderRecords> {
  const range = since === undefined ? {} : { at: { $lt: since } };
  const where = { ...older, ...range, outcome: { $ne: 'STARTED' } } as const;
  const digest = createHash('sha256');
  let count = 0;
  for await (const record of auditLog(connection)
    .find(where)
    .sort({ _id: 1 })
    .lean<AuditRecord[]>()
    .cursor()) {
    digest.update(`${toCanonicalText({ ...replace(record), sequence: undefined })}\n`);
    count += 1;
  }
  return { count, digest: digest.digest('hex') };
}

/** When the records of this store began to be chained, with what was there before; null: from the first one on. */
export async function readChainStart(
  connection: Connection,
): Promise<(OlderRecords & { readonly since: Date }) | null> {
  const statements = await auditLog(connection)
    .find({ tenantId: null, action, outcome: 'SUCCEEDED', sequence: { $gt: 0 } })
    .sort({ _id: 1 })
    .lean<AuditRecord[]>();
  const [first, last] = [statements[0], statements.at(-1)];
  if (first === undefined || last === undefined) return null;
  const { count, digest } = last.after as OlderRecords;
  return { since: first.at, count, digest };
}
