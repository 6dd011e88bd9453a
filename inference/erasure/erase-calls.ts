import type { Connection, mongo } from 'mongoose';
import { completions } from '#mongo/completions.ts';
import type { Eraser, ErasureSubject } from '#mongo/eraser.ts';
import { idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { payloads } from '#mongo/payloads.ts';
import { markUsageStale } from '#mongo/usage/usage-progress.ts';
import { toAttachmentId } from '../ledger/attachment.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import type { Redaction } from './erased-row.ts';

/** Which calls are erased, and what of their rows. */
export interface CallErasure {
  /** How long after its end something of a call may be held outside of the store. */
  readonly volatileMs: number;
  /** The rows that are left to erase. */
  readonly select: (subject: ErasureSubject) => mongo.Filter<InvocationRecord>;
  readonly redact: (row: InvocationRecord, subject: ErasureSubject) => Redaction;
}

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** Erases calls that have ended: their kept contents, payloads and idempotency keys are deleted, their rows redacted. */
export function createCallEraser(
  connection: Connection,
  { volatileMs, select, redact }: CallErasure,
): Eraser {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const contents = completions(connection);
  const claims = idempotencyKeys(connection);
  const logged = payloads(connection);
  return {
    async find(subject, after, max) {
      const ended = { $and: [select(subject), { status: { $ne: 'RUNNING' as const } }, isAfter(after)] };
      const found = await rows
        .find(ended, { projection: { startedAt: 1, endedAt: 1 } })
        .sort({ startedAt: -1, _id: -1 })
        .limit(max)
        .toArray();
      const last = found.at(-1);
      const next = last === undefined || found.length < max ? null : toPlace(last);
      if (last === undefined) return { found: {}, next };
      const ids = found.map(({ _id }) => _id);
      const [kept, claimed, withPayload] = await Promise.all([
        contents.find({ _id: { $in: [...ids, ...ids.map(toAttachmentId)] } }, { _id: 1 }).lean(),
        claims.find({ completionId: { $in: ids } }, { _id: 1 }).lean(),
        logged.find({ _id: { $in: ids } }, { _id: 1 }).lean(),
      ]);
      const endedAtMs = Math.max(...found.map(({ startedAt, endedAt }) => (endedAt ?? startedAt).getTime()));
      return {
        found: {
          invocations: ids,
          completions: kept.map(({ _id }) => _id),
          idempotencyKeys: claimed.map(({ _id }) => _id),
          payloads: withPayload.map(({ _id }) => _id),
        },
        next,
        quietUntil: new Date(endedAtMs + volatileMs),
      };
    },
    async erase(subject, found) {
      const ids = [...(found.invocations ?? [])];
      await contents.deleteMany({ _id: { $in: [...(found.completions ?? [])] } });
      await claims.deleteMany({ _id: { $in: [...(found.idempotencyKeys ?? [])] } });
      await logged.deleteMany({ _id: { $in: [...(found.payloads ?? [])] } });
      const left = await rows.find({ _id: { $in: ids } }).toArray();
      if (left.length === 0) return;
      // What is summed of them has the names that are taken from them.
      await markUsageStale(
        connection,
        left.map(({ startedAt }) => startedAt),
      );
      await rows.bulkWrite(
        left.map((row) => {
          const { $set, $unset } = redact(row, subject);
          return { updateOne: { filter: { _id: row._id }, update: { $set, $unset } } };
        }),
        durable,
      );
    },
    async isHeld(subject) {
      const running = { $and: [select(subject), { status: 'RUNNING' as const }] };
      return (await rows.findOne(running, { projection: { _id: 1 } })) !== null;
    },
  };
}

/** A place in the order of the rows, newest first. */
function toPlace({ startedAt, _id }: Pick<InvocationRecord, 'startedAt' | '_id'>): string {
  return `${startedAt.getTime()} ${_id}`;
}

function isAfter(place: string | null): mongo.Filter<InvocationRecord> {
  if (place === null) return {};
  const end = place.indexOf(' ');
  const startedAt = new Date(Number(place.slice(0, end)));
  const ways = [{ startedAt: { $lt: startedAt } }, { startedAt, _id: { $lt: place.slice(end + 1) } }];
  return { startedAt: { $lte: startedAt }, $or: ways };
}
