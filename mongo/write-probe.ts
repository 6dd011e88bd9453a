import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';

/** Every process writes the same one record. */
const probeId = 'readiness';
/** As much as the row of a call. */
const probeBytes = 2_048;
const timeoutMs = 2_000;
/** At most one write in this time, however often the probe is called. */
const everyMs = 500;

interface ProbeRecord {
  readonly _id: string;
  readonly text: string;
}

/** Rejects when a durable write fails now, or takes longer than two seconds: the disk is full, or the store is away. */
export function createWriteProbe(
  connection: Connection,
  options: { readonly now?: () => number } = {},
): () => Promise<void> {
  const { now = Date.now } = options;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<void> | undefined;

  async function write(): Promise<void> {
    const { db } = connection;
    if (db === undefined) throw new Error('The database connection is not open.');
    await db.collection<ProbeRecord>('probes').updateOne(
      { _id: probeId },
      // Another text each time: what does not change is not written.
      { $set: { text: randomBytes(probeBytes).toString('base64') } },
      { upsert: true, timeoutMS: timeoutMs, writeConcern: { w: 'majority', j: true } },
    );
  }

  return () => {
    const nowMs = now();
    if (answer === undefined || nowMs - askedAtMs >= everyMs) {
      askedAtMs = nowMs;
      answer = write();
    }
    return answer;
  };
}
