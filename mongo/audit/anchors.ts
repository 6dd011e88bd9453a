import { hash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { defineCollection } from '../collection.ts';
import { type ChainLink, inChain, toCanonicalText } from './chain.ts';
import { type AuditSigner, isSignedBy, type Signature } from './keys.ts';
import { auditLog } from './log.ts';
import { auditStarts } from './starts.ts';

/** When a process last did what one of all processes does, and the last anchor. */
interface AnchorRecord {
  readonly _id: string;
  readonly at: Date;
  /** SHA-256 of its text; null: there was none. */
  readonly hash: string | null;
}

const auditAnchors = defineCollection<AnchorRecord>('audit_anchors', {
  _id: { type: String, required: true },
  at: { type: Date, required: true },
  hash: { type: String, default: null },
});

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

/** What one process of all does at a time. */
export type AuditTurn = 'anchor' | 'retention';

/** Whether the time has come, and this process is the one to do it. */
export async function claimAuditTurn(
  connection: Connection,
  turn: AuditTurn,
  { nowMs, everyMs }: { readonly nowMs: number; readonly everyMs: number },
): Promise<boolean> {
  const due = { _id: turn, at: { $lte: new Date(nowMs - everyMs) } };
  try {
    const change = { $set: { at: new Date(nowMs) } };
    const { upsertedCount, modifiedCount } = await auditAnchors(connection).updateOne(due, change, {
      upsert: true,
    });
    return upsertedCount + modifiedCount === 1;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
}

/** Signs the present ends of all chains. Each anchor is a line of JSON. */
export async function* createAnchors(
  connection: Connection,
  signer: AuditSigner,
  nowMs: number,
): AsyncGenerator<string> {
  const anchors = auditAnchors(connection);
  let heads: AuditAnchor['heads'][number][] = [];
  async function finish(): Promise<string> {
    const last = await anchors.findById(_id).lean();
    const at = new Date(nowMs).toISOString();
    const body = { version: 1, at, previous: last?.hash ?? null, heads } as const;
    const text = toCanonicalText(body);
    const anchor: AuditAnchor = { ...body, ...signer.sign(text) };
    const change = { $set: { hash: hash('sha256', text, 'hex') }, $setOnInsert: { at: new Date(nowMs) } };
    await anchors.updateOne({ _id }, change, { upsert: true });
    heads = [];
    return JSON.stringify(anchor);
  }
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
      if (heads.length >= headsMax) yield await finish();
    }
  }
  if (heads.length > 0) yield await finish();
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
