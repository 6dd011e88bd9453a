import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { defineCollection } from '../collection.ts';

/** When what one process of all does was last done, and who does it now; and the last anchor. */
interface AnchorRecord {
  readonly _id: string;
  readonly at: Date;
  /** The process whose turn it is, and until when; absent: it is no one's. */
  readonly holder?: string;
  readonly leasedUntil?: Date;
  /** SHA-256 of the text of the last anchor; null: there was none. */
  readonly hash: string | null;
  /** The last anchor, until each target has it; null or absent: they have it. */
  readonly line?: string | null;
  /** The targets that do not have it. */
  readonly left?: readonly string[];
}

export const auditAnchors = defineCollection<AnchorRecord>('audit_anchors', {
  _id: { type: String, required: true },
  at: { type: Date, required: true },
  holder: String,
  leasedUntil: Date,
  hash: { type: String, default: null },
  line: String,
  left: { type: [String], default: undefined },
});

/** What one process of all does at a time. */
export type AuditTurn = 'anchor' | 'retention' | 'legal-holds';

/** Longer than one step of a turn takes. The turn of a process that was killed, or whose store failed, is free again then. */
export const turnLeaseMs = 300_000;

export interface TurnOptions {
  readonly now: () => number;
  /** From the beginning of one turn to that of the next. */
  readonly everyMs: number;
}

/**
 * Runs where the time has come and no other process does. The turn counts as done when `run` has ended, and not before: it is begun again, at
 * the earliest after its lease, where the process is killed or `run` rejects. `keep` makes sure, before each step, that the turn is still this
 * process's; it rejects where another has taken it over. Whether it ran.
 */
export async function runInTurn(
  connection: Connection,
  turn: AuditTurn,
  { now, everyMs }: TurnOptions,
  run: (keep: () => Promise<void>) => Promise<unknown>,
): Promise<boolean> {
  const records = auditAnchors(connection);
  const own = { _id: turn, holder: randomUUID() };
  const startedMs = now();
  const claim = { holder: own.holder, leasedUntil: new Date(startedMs + turnLeaseMs) };
  const due = {
    ...{ _id: turn, at: { $lte: new Date(startedMs - everyMs) } },
    $or: [{ leasedUntil: null }, { leasedUntil: { $lte: new Date(startedMs) } }],
  };
  try {
    const change = { $set: claim, $setOnInsert: { at: new Date(0) } };
    const { upsertedCount, modifiedCount } = await records.updateOne(due, change, { upsert: true });
    if (upsertedCount + modifiedCount === 0) return false;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
  await run(async () => {
    const $set = { leasedUntil: new Date(now() + turnLeaseMs) };
    const { matchedCount } = await records.updateOne(own, { $set });
    if (matchedCount === 0) throw new Error(`Another process has taken over the turn "${turn}".`);
  });
  const done = { $set: { at: new Date(startedMs) }, $unset: { holder: 1, leasedUntil: 1 } } as const;
  await records.updateOne(own, done);
  return true;
}
