import { hash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { type ChainLink, inChain, toCanonicalText } from './chain.ts';
import { type AuditSigner, isSignedBy, type Signature } from './keys.ts';
import { auditLog } from './log.ts';
import { auditStarts } from './starts.ts';
import { auditAnchors } from './turns.ts';

/** The ends of the chains at a time, signed, to be kept where the store's administrators do not write. */
export interface AuditAnchor extends Signature {
  readonly version: 1;
  readonly at: string;
  /** SHA-256 of the text of the anchor before; null: the first one of the store. */
  readonly previous: string | null;
  readonly heads: readonly (readonly [chain: string, sequence: number, hash: string])[];
}

/** Heads in one anchor; of more chains there are several anchors. */
const headsMax = 5_000;
const _id = 'last';

/** Where anchors are written. */
export interface AnchorTarget {
  readonly name: string;
  /** Resolves when the line is there for good. The same line may come again after a kill. */
  write(line: string): Promise<void>;
}

export interface AnchorWriting {
  readonly signer: AuditSigner;
  readonly nowMs: number;
  readonly targets: readonly AnchorTarget[];
  /** Called before each anchor is written; rejects where another process writes them now. */
  readonly keep: () => Promise<void>;
}

/**
 * Signs the present ends of all chains, and writes them to the targets: each anchor is a line of JSON. An anchor is stored before it is
 * written, and stays until each target has it, so that what a killed process has begun is written first, and no anchor refers to one that is
 * nowhere. A target that fails gets no more anchors of this run, and the last one with the next. Resolves to what the targets have failed with.
 */
export async function writeAnchors(
  connection: Connection,
  writing: AnchorWriting,
): Promise<readonly unknown[]> {
  const records = auditAnchors(connection);
  const { signer, nowMs, targets, keep } = writing;
  const failures = new Map<string, unknown>();
  const write = async (line: string, names: readonly string[]) => {
    await keep();
    const wanted = targets.filter(({ name }) => names.includes(name));
    for (const target of wanted.filter(({ name }) => !failures.has(name))) {
      try {
        await target.write(line);
      } catch (error) {
        // Any error: the other targets get the anchor, and the caller the failure.
        failures.set(target.name, error);
      }
    }
    const left = wanted.map(({ name }) => name).filter((name) => failures.has(name));
    await records.updateOne({ _id }, { $set: left.length === 0 ? { line: null, left } : { left } });
  };
  const begun = await records.findById(_id).lean();
  if (begun?.line != null) await write(begun.line, begun.left ?? []);
  let previous = begun?.hash ?? null;
  for await (const heads of readHeads(connection)) {
    const body = { version: 1, at: new Date(nowMs).toISOString(), previous, heads } as const;
    const text = toCanonicalText(body);
    const anchor: AuditAnchor = { ...body, ...signer.sign(text) };
    const left = targets.map(({ name }) => name);
    const next = { hash: hash('sha256', text, 'hex'), line: JSON.stringify(anchor), left };
    await store(connection, previous, next, nowMs);
    await write(next.line, left);
    previous = next.hash;
  }
  return [...failures.values()];
}

/** Stores the anchor that follows the last one, unless another process has stored one meanwhile. */
async function store(
  connection: Connection,
  previous: string | null,
  anchor: { readonly hash: string; readonly line: string; readonly left: readonly string[] },
  nowMs: number,
): Promise<void> {
  const change = { $set: { ...anchor, at: new Date(nowMs) } };
  try {
    const { upsertedCount, modifiedCount } = await auditAnchors(connection).updateOne(
      { _id, hash: previous },
      change,
      { upsert: true },
    );
    if (upsertedCount + modifiedCount === 1) return;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  throw new Error('Another process has written an anchor of the audit log at the same time.');
}

/** The ends of all chains, as many at a time as one anchor has. */
async function* readHeads(connection: Connection): AsyncGenerator<AuditAnchor['heads']> {
  let heads: AuditAnchor['heads'][number][] = [];
  for (const { collection } of [auditLog(connection), auditStarts(connection)]) {
    for (let after = ''; ; ) {
      const next = await collection.findOne<Pick<ChainLink, 'chain'>>(
        { chain: { $gt: after }, sequence: { $gt: 0 } },
        { projection: { chain: 1 }, sort: { chain: 1, sequence: 1 } },
      );
      if (next === null) break;
      after = next.chain;
      const head = await collection.findOne<Pick<ChainLink, 'sequence' | 'hash'>>(inChain(after), {
        projection: { sequence: 1, hash: 1 },
        sort: { sequence: -1 },
      });
      if (head !== null) heads.push([after, head.sequence, head.hash]);
      if (heads.length < headsMax) continue;
      yield heads;
      heads = [];
    }
  }
  if (heads.length > 0) yield heads;
}

/** The heads of an anchor; undefined: no anchor, or not signed with one of the keys. */
export function readAnchor(line: string, keys: ReadonlyMap<string, string>): AuditAnchor | undefined {
  let anchor: AuditAnchor;
  try {
    anchor = JSON.parse(line) as AuditAnchor;
  } catch {
    // Any error: it is no JSON.
    return undefined;
  }
  const { keyId, signature, ...body } = anchor;
  if (typeof keyId !== 'string' || typeof signature !== 'string' || !Array.isArray(body.heads))
    return undefined;
  return isSignedBy(keys, toCanonicalText(body), { keyId, signature }) ? anchor : undefined;
}
