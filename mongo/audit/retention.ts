import type { Connection } from 'mongoose';
import { listHeldTenants } from '../legal-holds.ts';
import { type ChainLink, inChain } from './chain.ts';
import { saveCheckpoint } from './checkpoints.ts';
import type { AuditSigner } from './keys.ts';
import { auditIdAt, auditLog, occurrencesKeptMs } from './log.ts';
import { auditStarts } from './starts.ts';

/** What retention removes. */
export interface AuditRetention {
  readonly nowMs: number;
  /** How long changes are kept; null: for ever. Counts of refusals and reads are kept for 90 days. */
  readonly changesKeptMs: number | null;
  readonly signer: AuditSigner;
}

/** Of a chain, as far as retention needs. */
interface Chain {
  find(where: object, direction: 1 | -1): Promise<ChainLink | null>;
  remove(where: object): Promise<number>;
}

/**
 * Removes what is no longer kept from the beginnings of the chains; the number of records. A signed checkpoint stands for what
 * was removed. The last record of a chain stays: the next one refers to it.
 */
export async function pruneAuditLog(connection: Connection, retention: AuditRetention): Promise<number> {
  const { nowMs, changesKeptMs } = retention;
  const now = new Date(nowMs);
  const records: Chain = {
    find: (where, direction) =>
      auditLog(connection)
        .findOne(where, { sequence: 1, hash: 1 })
        .sort({ sequence: direction })
        .lean<ChainLink>(),
    remove: async (where) => (await auditLog(connection).deleteMany(where)).deletedCount,
  };
  let removed = 0;
  const held = await listHeldTenants(connection);
  const isFree = (chain: string) => !held.includes(chain.slice(chain.indexOf(':') + 1));
  const counted = auditIdAt(new Date(nowMs - occurrencesKeptMs));
  for (const chain of (await readChains(connection, 'occurrences:', counted)).filter(isFree)) {
    const kept = { ...inChain(chain), keptUntil: { $gt: now } };
    removed += await pruneChain(connection, records, { chain, kept, before: null, ...retention });
  }
  if (changesKeptMs === null) return removed;
  const before = new Date(nowMs - changesKeptMs);
  const starts: Chain = {
    find: (where, direction) =>
      auditStarts(connection)
        .findOne(where, { sequence: 1, hash: 1 })
        .sort({ sequence: direction })
        .lean<ChainLink>(),
    remove: async (where) => (await auditStarts(connection).deleteMany(where)).deletedCount,
  };
  const old = { _id: { $lt: auditIdAt(before) }, sequence: { $gt: 0 } };
  const startChains = await auditStarts(connection).distinct('chain', old);
  for (const chain of (await readChains(connection, 'changes:', auditIdAt(before))).filter(isFree)) {
    const kept = { ...inChain(chain), at: { $gte: before } };
    removed += await pruneChain(connection, records, { chain, kept, before, ...retention });
  }
  for (const chain of startChains.filter(isFree)) {
    const kept = { ...inChain(chain), at: { $gte: before } };
    await pruneChain(connection, starts, { chain, kept, before, ...retention });
  }
  const unchained = { sequence: null, expiresAt: null, _id: { $lt: auditIdAt(before) } };
  const notHeld = { tenantId: { $nin: [...held] } };
  return removed + (await records.remove({ ...unchained, ...notHeld, outcome: { $ne: 'STARTED' } }));
}

/** The chains of a kind that have records of before. */
async function readChains(connection: Connection, kind: string, id: string): Promise<readonly string[]> {
  const chains = await auditLog(connection).distinct('chain', { _id: { $lt: id }, sequence: { $gt: 0 } });
  return chains.filter((chain): chain is string => chain?.startsWith(kind) === true);
}

async function pruneChain(
  connection: Connection,
  records: Chain,
  options: AuditRetention & { readonly chain: string; readonly kept: object; readonly before: Date | null },
): Promise<number> {
  const { chain, kept, before, nowMs, signer } = options;
  const [firstKept, head] = await Promise.all([records.find(kept, 1), records.find(inChain(chain), -1)]);
  const sequence = Math.min(firstKept?.sequence ?? Number.POSITIVE_INFINITY, head?.sequence ?? 0) - 1;
  const last = sequence < 1 ? null : await records.find({ chain, sequence }, 1);
  if (last === null) return 0;
  const checkpoint = { _id: chain, sequence, hash: last.hash, before, at: new Date(nowMs) };
  await saveCheckpoint(connection, checkpoint, signer);
  return records.remove({ chain, sequence: { $gt: 0, $lte: sequence } });
}
