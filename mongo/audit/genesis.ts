import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { withLock } from '../locks.ts';
import { toCanonicalText } from './chain.ts';
import { type AuditLog, type AuditRecord, auditIdAt, auditLog, withoutContent } from './log.ts';
import { auditStarts } from './starts.ts';

const action = 'audit.chain';

/** What older versions of Heddle recorded: no chain has it, and none will. */
const older = { sequence: null, expiresAt: null } as const;

/** The records of a store from before its records were chained. */
export interface OlderRecords {
  readonly count: number;
  /**
   * SHA-256 over the canonical texts of the records in the order of their ids. Where `erasing` is stated: each erased record without its
   * signature, and those of these tenants as if they were erased already.
   */
  readonly digest: string;
  /** The tenants whose records are being erased; absent: none have been. */
  readonly erasing?: readonly ErasingTenant[];
}

/** A tenant that is erased, and the time that its erased records state. */
export interface ErasingTenant {
  readonly tenantId: string;
  readonly at: Date;
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

const lockName = 'audit statement';

/**
 * States, once and before the first of them is replaced, that the older records of a tenant are being erased: reads all older records
 * once. The log verifies before, during and after the erasure. Where what is there is not what is stated, the statement keeps its digest,
 * which no record has: they were changed otherwise.
 */
export async function stateErasing(
  connection: Connection,
  audit: AuditLog,
  tenant: ErasingTenant,
): Promise<void> {
  const before = await readChainStart(connection);
  if (before === null || isErasing(before, tenant)) return;
  await withLock(connection, lockName, async () => {
    for (;;) {
      const stated = await readChainStart(connection);
      if (stated === null || isErasing(stated, tenant)) return;
      const { since, count, digest, erasing = [] } = stated;
      const next = [...erasing, tenant];
      const [present, erased = ''] = await digestOlderAs(connection, since, [stated.erasing, next]);
      // The lease of the lock may have ended while all records were read.
      if ((await readChainStart(connection))?.id !== stated.id) continue;
      await stateOlder(audit, { count, digest: present === digest ? erased : digest, erasing: next });
      return;
    }
  });
}

/** States that no older record of the tenant is left to erase. */
export async function stateErased(
  connection: Connection,
  audit: AuditLog,
  tenant: ErasingTenant,
): Promise<void> {
  const before = await readChainStart(connection);
  if (before === null || !isErasing(before, tenant)) return;
  await withLock(connection, lockName, async () => {
    const stated = await readChainStart(connection);
    if (stated === null || !isErasing(stated, tenant)) return;
    const { count, digest, erasing = [] } = stated;
    const left = erasing.filter(({ tenantId }) => tenantId !== tenant.tenantId);
    await stateOlder(audit, { count, digest, erasing: left });
  });
}

function isErasing({ erasing = [] }: OlderRecords, { tenantId }: ErasingTenant): boolean {
  return erasing.some((one) => one.tenantId === tenantId);
}

/** Counts and digests the records that no chain has and that are closed, by the rules of a statement. */
export async function digestOlder(
  connection: Connection,
  since?: Date,
  erasing?: OlderRecords['erasing'],
): Promise<OlderRecords> {
  let count = 0;
  const [digest = ''] = await digestOlderAs(connection, since, [erasing], () => {
    count += 1;
  });
  return { count, digest };
}

/** The digests by several rules, in one pass. */
async function digestOlderAs(
  connection: Connection,
  since: Date | undefined,
  rules: readonly OlderRecords['erasing'][],
  onRecord: () => void = () => {},
): Promise<readonly string[]> {
  const range = since === undefined ? {} : { at: { $lt: since } };
  const where = { ...older, ...range, outcome: { $ne: 'STARTED' } } as const;
  const digests = rules.map((erasing) => ({ erasing, hash: createHash('sha256') }));
  const found = auditLog(connection).find(where).sort({ _id: 1 }).lean<AuditRecord[]>();
  for await (const record of found.cursor()) {
    onRecord();
    for (const { erasing, hash } of digests) hash.update(`${toOlderText(record, erasing)}\n`);
  }
  return digests.map(({ hash }) => hash.digest('hex'));
}

function toOlderText(record: AuditRecord, erasing: OlderRecords['erasing']): string {
  const whole = { ...record, sequence: undefined };
  if (erasing === undefined) return toCanonicalText(whole);
  if (record.erased !== undefined) return toCanonicalText({ ...whole, erased: { at: record.erased.at } });
  const tenant = erasing.find(({ tenantId }) => tenantId === record.tenantId);
  if (tenant === undefined) return toCanonicalText(whole);
  return toCanonicalText({ ...withoutContent(record), sequence: undefined, erased: { at: tenant.at } });
}

/** The present statement about the older records. */
export interface ChainStart extends OlderRecords {
  readonly id: string;
  /** When the records of this store began to be chained. */
  readonly since: Date;
}

/** What is stated about the records from before; null: the records of this store are chained from the first one on. */
export async function readChainStart(connection: Connection): Promise<ChainStart | null> {
  const find = (direction: 1 | -1) =>
    auditLog(connection)
      .findOne({ tenantId: null, action, outcome: 'SUCCEEDED', sequence: { $gt: 0 } })
      .sort({ _id: direction })
      .lean<AuditRecord>();
  const [first, last] = [await find(1), await find(-1)];
  if (first === null || last === null) return null;
  const { count, digest, erasing } = last.after as OlderRecords;
  return { id: last._id, since: first.at, count, digest, ...(erasing && { erasing }) };
}
