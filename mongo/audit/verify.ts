import type { Connection } from 'mongoose';
import { type ChainLink, computeLinkHash, firstPreviousHash } from './chain.ts';
import { hasNoContent, isErasureSigned } from './erased.ts';
import { digestOlder, readChainStart } from './genesis.ts';
import { type AuditRecord, auditLog } from './log.ts';
import { type AuditStartRecord, auditStarts, digestBeginning, toUnchangedId } from './starts.ts';

/** What is wrong with one record of an audit log. */
export interface AuditProblem {
  readonly kind: 'ALTERED' | 'REMOVED' | 'INSERTED' | 'FORKED';
  readonly chain: string | null;
  readonly sequence: number | null;
  /** Null: the record is not there. */
  readonly recordId: string | null;
  readonly message: string;
}

/** A position and the hash that it must have: of an anchor, or of the last record that was pruned. */
export type KnownHead = Pick<ChainLink, 'chain' | 'sequence' | 'hash'>;

export interface VerifyOptions {
  /** By chain: the last record that retention has removed, with all before it. */
  readonly checkpoints?: ReadonlyMap<string, KnownHead> | undefined;
  /** Heads that were written out of the store, by chain and sequence. */
  readonly anchors?: ReadonlyMap<string, ReadonlyMap<number, string>> | undefined;
  /** Public keys, one of which has signed each record that an erasure has changed. */
  readonly keys?: ReadonlyMap<string, string> | undefined;
}

/** A record with its place in a chain. */
export type ChainedRecord = ChainLink & Pick<AuditRecord, 'erased'> & { readonly _id: string };

/** Records of a chain that a verification remembers, to name the one that another one follows as well. */
const rememberedMax = 10_000;

/** Verifies records that come in the order of their chains and sequences. Memory does not grow with their number. */
export class ChainVerifier {
  /** Records that were verified. */
  records = 0;
  readonly #options: VerifyOptions;
  readonly #seen = new Set<string>();
  /** Of the last records of the chain: the sequence by the hash of the record before. */
  readonly #followers = new Map<string, number>();
  #last: Pick<ChainedRecord, '_id' | 'chain' | 'sequence' | 'hash'> | undefined;

  constructor(options: VerifyOptions = {}) {
    this.#options = options;
  }

  *verify(record: ChainedRecord): Generator<AuditProblem> {
    this.records += 1;
    const { chain, sequence } = record;
    if (chain !== this.#last?.chain) {
      yield* this.#finishChain();
      this.#seen.add(chain);
      this.#followers.clear();
    }
    const checkpoint = this.#options.checkpoints?.get(chain);
    const last = chain === this.#last?.chain ? this.#last : undefined;
    if (record.erased !== undefined) {
      if (!isErasureSigned(record, this.#options.keys ?? new Map()))
        yield toProblem('ALTERED', record, 'no known key has signed its erasure');
    } else if (computeLinkHash(record) !== record.hash) {
      yield toProblem('ALTERED', record, 'its content does not have the hash that it states');
    }
    if (last === undefined && checkpoint !== undefined && sequence <= checkpoint.sequence) {
      // Retention was interrupted: the rest of what it removes.
      if (sequence === checkpoint.sequence && record.hash !== checkpoint.hash) {
        yield toProblem('ALTERED', record, 'the checkpoint of the chain states another hash');
      }
    } else {
      const before = last ?? checkpoint ?? { sequence: 0, hash: firstPreviousHash };
      yield* this.#compare(record, before);
    }
    const anchored = this.#options.anchors?.get(chain)?.get(sequence);
    if (anchored !== undefined && anchored !== record.hash) {
      yield toProblem('ALTERED', record, 'an anchor states another hash');
    }
    this.#remember(record);
    this.#last = { _id: record._id, chain, sequence, hash: record.hash };
  }

  /** What is wrong with the end of the last chain, and with chains that are not there. */
  *finish(): Generator<AuditProblem> {
    yield* this.#finishChain();
    for (const [chain, heads] of this.#options.anchors ?? []) {
      const pruned = this.#options.checkpoints?.get(chain)?.sequence ?? 0;
      const anchored = Math.max(...heads.keys());
      if (!this.#seen.has(chain) && anchored > pruned) yield toGap(chain, pruned + 1, anchored, 'an anchor');
    }
  }

  *#compare(
    record: ChainedRecord,
    before: Pick<ChainedRecord, 'sequence' | 'hash'>,
  ): Generator<AuditProblem> {
    const { chain, sequence, previousHash } = record;
    const sibling = this.#followers.get(previousHash);
    if (sequence <= before.sequence) {
      yield toProblem('FORKED', record, 'another record has this place of the chain');
    } else if (sibling !== undefined) {
      yield toProblem('FORKED', record, `it follows the same record as record ${sibling}`);
    } else if (sequence > before.sequence + 1) {
      yield toGap(chain, before.sequence + 1, sequence - 1, `record ${sequence}`);
    } else if (previousHash !== before.hash) {
      const isFirst = this.#last?.chain !== chain;
      if (isFirst) yield toProblem('INSERTED', record, 'it does not continue what was before it');
      else {
        yield toProblem(
          'ALTERED',
          { ...(this.#last as ChainedRecord) },
          `record ${sequence} was written after another content of it`,
        );
      }
    }
  }

  #remember({ previousHash, sequence }: ChainedRecord): void {
    if (this.#followers.has(previousHash)) return;
    if (this.#followers.size >= rememberedMax) {
      this.#followers.delete(this.#followers.keys().next().value ?? '');
    }
    this.#followers.set(previousHash, sequence);
  }

  *#finishChain(): Generator<AuditProblem> {
    if (this.#last === undefined) return;
    const { chain, sequence } = this.#last;
    const anchored = Math.max(0, ...(this.#options.anchors?.get(chain)?.keys() ?? []));
    if (anchored > sequence) yield toGap(chain, sequence + 1, anchored, 'an anchor');
  }
}

function toProblem(kind: AuditProblem['kind'], record: ChainedRecord, why: string): AuditProblem {
  const { chain, sequence, _id } = record;
  const words = {
    ALTERED: 'altered',
    REMOVED: 'removed',
    INSERTED: 'inserted',
    FORKED: 'inserted beside another',
  };
  return {
    kind,
    chain,
    sequence,
    recordId: _id,
    message: `Record ${sequence} (${_id}) of ${chain} was ${words[kind]}: ${why}.`,
  };
}

function toGap(chain: string, from: number, to: number, follower: string): AuditProblem {
  const which = from === to ? `Record ${from}` : `Records ${from} to ${to}`;
  const were = from === to ? 'was' : 'were';
  const message = `${which} of ${chain} ${were} removed: ${follower} follows.`;
  return { kind: 'REMOVED', chain, sequence: from, recordId: null, message };
}

/** What a verification of a store has found. */
export interface AuditReport {
  readonly records: number;
  /** Changes in progress, and counts whose hour or minute is not over: not chained yet. */
  readonly open: number;
  /** Records of a version of Heddle that did not chain them. */
  readonly older: number;
}

export interface VerifyStoreOptions extends VerifyOptions {
  /** Only chains of this tenant; null: of the mesh. */
  readonly tenantId?: string | null | undefined;
  /** Retention has removed the changes that began before. */
  readonly prunedBefore?: Date | undefined;
}

const batchMax = 500;

/** Verifies the chains of a store, and that each change has its beginning and its record. Calls back with each problem. */
export async function verifyAuditLog(
  connection: Connection,
  options: VerifyStoreOptions,
  report: (problem: AuditProblem) => void,
): Promise<AuditReport> {
  const { tenantId } = options;
  const own = tenantId === undefined ? undefined : `:${tenantId ?? ''}`;
  const chains = own && ['changes', 'occurrences', 'starts'].map((kind) => kind + own);
  const where = { sequence: { $gt: 0 }, ...(chains && { chain: { $in: chains } }) };
  const ofScope = <T>(all: ReadonlyMap<string, T> | undefined, kinds: RegExp) =>
    new Map([...(all ?? [])].filter(([chain]) => kinds.test(chain) && (chains?.includes(chain) ?? true)));
  const createVerifier = (kinds: RegExp) =>
    new ChainVerifier({
      checkpoints: ofScope(options.checkpoints, kinds),
      anchors: ofScope(options.anchors, kinds),
      keys: options.keys,
    });

  const records = createVerifier(/^(changes|occurrences):/);
  const order = { chain: 1, sequence: 1 } as const;
  for await (const batch of inBatches<AuditRecord>(
    auditLog(connection).find(where).sort(order).lean<AuditRecord[]>().cursor({ batchSize: batchMax }),
  )) {
    for (const record of batch)
      for (const problem of records.verify(record as ChainedRecord)) report(problem);
    for (const problem of await findUnstarted(connection, batch, options.prunedBefore)) report(problem);
  }
  for (const problem of records.finish()) report(problem);

  const starts = createVerifier(/^starts:/);
  for await (const batch of inBatches<AuditStartRecord>(
    auditStarts(connection)
      .find(where)
      .sort(order)
      .lean<AuditStartRecord[]>()
      .cursor({ batchSize: batchMax }),
  )) {
    for (const start of batch) for (const problem of starts.verify(start)) report(problem);
    for (const problem of await findRemoved(connection, batch, options.prunedBefore)) report(problem);
  }
  for (const problem of starts.finish()) report(problem);

  const chainStart = await readChainStart(connection);
  if (chainStart !== null && tenantId === undefined && options.prunedBefore === undefined) {
    const found = await digestOlder(connection, chainStart.since, chainStart.erasing);
    if (found.digest !== chainStart.digest) report(toOlderProblem(chainStart.count, found.count));
  }
  const { open, older } = await verifyUnchained(connection, { ...options, since: chainStart?.since }, report);
  return { records: records.records, open, older };
}

async function* inBatches<T>(found: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const record of found) {
    batch.push(record);
    if (batch.length < batchMax) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** The id of the record that was begun: a late end has another. */
const toBegunId = (id: string) => id.replace(/-end$/, '');

/** Changes whose beginning was not written, or was another. */
async function findUnstarted(
  connection: Connection,
  batch: readonly AuditRecord[],
  prunedBefore = new Date(0),
): Promise<readonly AuditProblem[]> {
  const changes = batch.filter(({ chain }) => chain?.startsWith('changes:') === true);
  const ids = changes.map(({ _id }) => toBegunId(_id));
  const lateOnes = changes.filter(({ _id }) => toBegunId(_id) !== _id);
  const [found, erasedOnes] = await Promise.all([
    auditStarts(connection)
      .find({ _id: { $in: ids } }, { digest: 1 })
      .lean(),
    lateOnes.length === 0
      ? []
      : auditLog(connection)
          .find(
            { _id: { $in: lateOnes.map(({ _id }) => toBegunId(_id)) }, erased: { $ne: null } },
            { _id: 1 },
          )
          .lean(),
  ]);
  const digests = new Map(found.map(({ _id, digest }) => [_id, digest]));
  const erasedIds = new Set(erasedOnes.map(({ _id }) => _id));
  return changes.flatMap((record) => {
    const begunId = toBegunId(record._id);
    const digest = digests.get(begunId);
    const chained = record as ChainedRecord;
    if (digest === undefined && record.at < prunedBefore) return [];
    if (digest === undefined) return toProblem('INSERTED', chained, 'no change began with its id');
    // The erased content is not what began; that it was erased is signed, for a late end in the record that it ends.
    const isErased = record.erased !== undefined || (erasedIds.has(begunId) && hasNoContent(record));
    const isSame = isErased || digest === digestBeginning({ ...record, _id: begunId });
    return isSame ? [] : toProblem('ALTERED', chained, 'it differs from what was recorded before the change');
  });
}

/** Changes that began and have no record. */
async function findRemoved(
  connection: Connection,
  batch: readonly AuditStartRecord[],
  prunedBefore = new Date(0),
): Promise<readonly AuditProblem[]> {
  const begun = batch.filter(({ kind, at }) => kind === 'STARTED' && at >= prunedBefore);
  const ids = begun.map(({ _id }) => _id);
  const [records, unchanged] = await Promise.all([
    auditLog(connection)
      .find({ _id: { $in: ids } }, { _id: 1 })
      .lean(),
    auditStarts(connection)
      .find({ _id: { $in: ids.map(toUnchangedId) } }, { recordId: 1 })
      .lean(),
  ]);
  const known = new Set([...records.map(({ _id }) => _id), ...unchanged.map(({ recordId }) => recordId)]);
  return begun
    .filter(({ _id }) => !known.has(_id))
    .map(({ chain, recordId }) => ({
      ...{ kind: 'REMOVED', chain, sequence: null, recordId: null },
      message: `The record ${recordId} was removed: its change began, and the store holds no record of it.`,
    }));
}

/** How long a change that was refused for want of its beginning may stay. */
const orphanMs = 900_000;

/** Records without a place in a chain: open ones, those of older versions, and those that were inserted. */
async function verifyUnchained(
  connection: Connection,
  { tenantId, since }: VerifyStoreOptions & { readonly since: Date | undefined },
  report: (problem: AuditProblem) => void,
): Promise<Pick<AuditReport, 'open' | 'older'>> {
  const where = { sequence: null, ...(tenantId !== undefined && { tenantId }) };
  let [open, older] = [0, 0];
  const found = auditLog(connection).find(where).sort({ _id: 1 }).lean<AuditRecord[]>();
  for await (const batch of inBatches<AuditRecord>(found.cursor({ batchSize: batchMax }))) {
    const ids = batch.map(({ _id }) => _id);
    const starts = await auditStarts(connection)
      .find({ _id: { $in: ids } }, { digest: 1 })
      .lean();
    const digests = new Map(starts.map(({ _id, digest }) => [_id, digest]));
    for (const record of batch) {
      const digest = digests.get(record._id);
      const isBegun = digest !== undefined && record.outcome === 'STARTED';
      const isRecent = record.outcome === 'STARTED' && Date.now() - record.at.getTime() < orphanMs;
      if (isBegun && digest !== digestBeginning(record)) {
        report(toUnchained('ALTERED', record, 'it differs from what was recorded before the change'));
      } else if (isBegun || isRecent || record.expiresAt !== undefined) open += 1;
      else if (since !== undefined && record.at < since) older += 1;
      else if (digest !== undefined)
        report(toUnchained('ALTERED', record, 'it is closed outside of its chain'));
      else report(toUnchained('INSERTED', record, 'no chain has it'));
    }
  }
  return { open, older };
}

function toUnchained(kind: 'ALTERED' | 'INSERTED', { _id }: AuditRecord, why: string): AuditProblem {
  const message = `The record ${_id} was ${kind.toLowerCase()}: ${why}.`;
  return { kind, chain: null, sequence: null, recordId: _id, message };
}

/** Older records have no chain that would name the one. */
function toOlderProblem(stated: number, found: number): AuditProblem {
  const kind = found < stated ? 'REMOVED' : found > stated ? 'INSERTED' : 'ALTERED';
  const message = `A record from before the chains was ${kind.toLowerCase()}: the store holds ${found} of ${stated}, with another digest.`;
  return { kind, chain: null, sequence: null, recordId: null, message };
}
