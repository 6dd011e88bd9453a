import { randomUUID } from 'node:crypto';
import type { Connection, Model } from 'mongoose';
import type { Logger } from 'pino';
import type { EventType } from '#core/events/event-types.ts';
import { isDuplicateKey } from '#core/input.ts';
import { defineCollection } from './collection.ts';
import { type Eraser, eraseByDeleting } from './eraser.ts';
import { listHeldTenants } from './legal-holds.ts';

/** Something that happened in the mesh, for clients that react to it. */
export interface EventRecord {
  /** Stable: an event that is delivered again has the same id. */
  _id: string;
  /**
   * The position among all events, one more than that of the event published before, so that a reader that has seen
   * position n misses nothing before it. Absent: the event is not published, as its change may not have been made.
   */
  sequence?: number;
  /** Such as "access.requested"; an EventType, or one of another version. */
  type: string;
  at: Date;
  /** The tenant that it belongs to; null: the mesh itself. */
  tenantId: string | null;
  /** The id of the object that it is about. */
  subject: string | null;
  /** Plain JSON, without secrets and without texts of prompts and answers. */
  data: Readonly<Record<string, unknown>>;
  /** When it was prepared; absent once published. */
  pendingSince?: Date;
  /** What shows that the change was made; absent once published. */
  proof?: EventProof;
}

/**
 * How the record that a command writes shows that it did: it has the id of the event as its `eventId`, or it exists, or
 * it is gone.
 */
export interface EventProof {
  /** The name of its collection. */
  readonly collection: string;
  readonly id: string;
  readonly by: 'STAMP' | 'EXISTS' | 'GONE';
}

const text = { type: String, required: true };
const optional = { type: String, default: null };

export const events = defineCollection<EventRecord>(
  'events',
  {
    _id: text,
    sequence: Number,
    type: text,
    at: { type: Date, required: true },
    tenantId: optional,
    subject: optional,
    data: {},
    pendingSince: Date,
    proof: { _id: false, collection: String, id: String, by: String },
  },
  [
    [{ sequence: 1 }, { unique: true, sparse: true }],
    [{ tenantId: 1, sequence: 1 }],
    [{ type: 1, sequence: 1 }],
    [{ pendingSince: 1 }, { sparse: true }],
    [{ at: 1 }],
  ],
);

/** Erases the events of a tenant. The last event of all keeps its position, which the next is counted from, and no content. */
export function createEventEraser(connection: Connection): Eraser {
  const records = events(connection);
  return {
    ...eraseByDeleting(connection, events, ({ tenantId }) => ({ tenantId })),
    async erase({ tenantId }, found) {
      const erased = { _id: { $in: [...(found.events ?? [])] }, tenantId };
      const last = await findLastSequence(records);
      await records.deleteMany({ ...erased, sequence: { $ne: last } });
      await records.updateMany(erased, { $set: { tenantId: null, subject: null, data: {} } });
    },
  };
}

/** What a part of the mesh reports. */
export type NewEvent = Pick<EventRecord, 'tenantId' | 'subject' | 'data'> & { readonly type: EventType };

/** An event that occurs once, in all processes. */
export interface DatedEvent {
  readonly event: NewEvent;
  readonly once: string;
}

/** Where all parts of the mesh record their events: an outbox, from which the subscription `events` is read. */
export interface EventLog {
  /**
   * Publishes an event that no command causes, such as a date that has come. Of events with the same `once`, in all
   * processes, there is one as long as it is retained.
   */
  record(event: NewEvent, once?: string): Promise<void>;
  /** As `record` for each, in order. Those that are published already cost one read together, and no write. */
  recordEach(events: readonly DatedEvent[]): Promise<void>;
  /**
   * Runs a change of one record and publishes its event, both or neither, also where the process is killed between the
   * two: the event is prepared first, and whoever settles it afterwards looks for the proof. With STAMP the change writes
   * the id that it is passed into the record as `eventId`. A change that resolves to null was not made.
   */
  withChange<T>(event: NewEvent, proof: EventProof, change: (eventId: string) => Promise<T>): Promise<T>;
}

export interface EventLogOptions {
  /** Notifies the readers of all processes that an event was published. */
  readonly notify: () => Promise<void>;
  readonly log: Logger;
  readonly now?: () => number;
  /** Called with the type of each event that was published here. */
  readonly onPublished?: ((type: string) => void) | undefined;
}

/** How long events are retained, and how many at most; beyond that the oldest of those who have the most are removed. */
export const eventsKept = { ms: 30 * 86_400_000, max: 100_000 } as const;

export function createEventLog(
  connection: Connection,
  { notify, log, now = Date.now, onPublished }: EventLogOptions,
): EventLog {
  const records = events(connection);
  const prepare = (event: NewEvent, _id: string) => ({ ...event, _id, at: new Date(now()) });
  const publish = async (event: EventRecord) => {
    const isPublished = await publishEvent(records, event);
    if (isPublished) onPublished?.(event.type);
    return isPublished;
  };
  const record: EventLog['record'] = async (event, once) => {
    if (await publish(prepare(event, once ?? randomUUID()))) await notify();
  };
  return {
    record,
    async recordEach(dated) {
      if (dated.length === 0) return;
      const where = { _id: { $in: dated.map(({ once }) => once) }, sequence: { $gt: 0 } };
      const published = await records.find(where, { _id: 1 }).lean();
      const known = new Set(published.map(({ _id }) => _id));
      for (const { event, once } of dated) if (!known.has(once)) await record(event, once);
    },
    async withChange(event, proof, change) {
      // A process that was killed may have left its event: the next change would hide the proof of it.
      const left = { 'proof.collection': proof.collection, 'proof.id': proof.id };
      await settle({ pendingSince: { $exists: true }, ...left }, connection);
      const prepared = prepare(event, randomUUID());
      await records.create({ ...prepared, pendingSince: prepared.at, proof });
      let made = false;
      try {
        const result = await change(prepared._id);
        made = result !== null;
        if (!made) await records.deleteOne({ _id: prepared._id });
        return result;
      } catch (error) {
        // The write may have been made although its answer was lost.
        // Any error: the sweep looks for the proof again.
        made = await hasProof(prepared._id, proof, connection).catch(() => false);
        throw error;
      } finally {
        if (made) {
          await publish(prepared).then(notify, (err: unknown) =>
            log.error(
              { err, eventId: prepared._id },
              'an event could not be published yet; the next sweep does it',
            ),
          );
        }
      }
    },
  };
}

/** Of two processes that publish at once one tries again; each try means that another event was published. */
const triesMax = 1_000;

/** Assigns the next position to the event; false where it has one already. */
async function publishEvent(records: Model<EventRecord>, event: EventRecord): Promise<boolean> {
  const { _id, type, at, tenantId, subject, data } = event;
  for (let tries = 0; tries < triesMax; tries++) {
    const last = await findLastSequence(records);
    try {
      await records.updateOne(
        { _id, sequence: { $exists: false } },
        {
          $set: { type, at, tenantId, subject, data, sequence: last + 1 },
          $unset: { pendingSince: 1, proof: 1 },
        },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Another event has the position, or this one has been published.
      if ((await records.exists({ _id, sequence: { $exists: true } })) !== null) return false;
    }
  }
  throw new Error(`The event ${_id} got no position in ${triesMax} tries.`);
}

/** The position of the event that was published last; 0: none was. */
export async function findLastSequence(records: Model<EventRecord>): Promise<number> {
  const last = await records
    .findOne({ sequence: { $gt: 0 } }, { sequence: 1 })
    .sort({ sequence: -1 })
    .lean();
  return last?.sequence ?? 0;
}

async function hasProof(eventId: string, proof: EventProof, connection: Connection): Promise<boolean> {
  const found = await connection
    .collection<{ _id: string; eventId?: string }>(proof.collection)
    .findOne({ _id: proof.id }, { projection: { eventId: 1 } });
  if (proof.by === 'GONE') return found === null;
  return found !== null && (proof.by === 'EXISTS' || found.eventId === eventId);
}

/** Events that one sweep settles. */
const pendingMax = 500;

/** Publishes those of the prepared events with changes that were made; the others, and their number. */
async function settle(
  where: object,
  connection: Connection,
): Promise<{ readonly published: number; readonly unproven: readonly EventRecord[] }> {
  const records = events(connection);
  const pending = await records.find(where).sort({ pendingSince: 1 }).limit(pendingMax).lean();
  const unproven: EventRecord[] = [];
  let published = 0;
  for (const event of pending) {
    if (event.proof && (await hasProof(event._id, event.proof, connection))) {
      if (await publishEvent(records, event)) published += 1;
    } else {
      unproven.push(event);
    }
  }
  return { published, unproven };
}

/**
 * Decides on the events that killed processes have prepared before this instant: those with changes that were made are
 * published, the others removed. Then removes what is older than events are retained, but never the last one, whose
 * position the next is counted from. The number of events that were decided on.
 */
export async function settleEvents(
  connection: Connection,
  preparedBefore: Date,
  nowMs: number,
  max: number = eventsKept.max,
): Promise<number> {
  const records = events(connection);
  const { published, unproven } = await settle({ pendingSince: { $lt: preparedBefore } }, connection);
  if (unproven.length > 0) {
    const ids = unproven.map(({ _id }) => _id);
    await records.deleteMany({ _id: { $in: ids }, sequence: { $exists: false } });
  }
  const last = await findLastSequence(records);
  // $nin matches null too: events of the mesh itself are under no hold.
  const notHeld = { tenantId: { $nin: [...(await listHeldTenants(connection))] } };
  await records.deleteMany({
    at: { $lt: new Date(nowMs - eventsKept.ms) },
    sequence: { $lt: last },
    ...notHeld,
  });
  if ((await records.estimatedDocumentCount()) > max) await removeLargest(records, max, last, notHeld);
  return published + unproven.length;
}

/** Leaves at most so many events, by removing the oldest of the tenants that have more than their share: a storm of one displaces no event of the others. */
async function removeLargest(
  records: Model<EventRecord>,
  max: number,
  last: number,
  notHeld: object,
): Promise<void> {
  const counted = await records.aggregate<{ _id: string | null; count: number }>([
    { $match: { sequence: { $gt: 0 }, ...notHeld } },
    { $group: { _id: '$tenantId', count: { $sum: 1 } } },
  ]);
  const counts = counted.map(({ _id: tenantId, count }) => ({ tenantId, count: Number(count) }));
  const share = computeShare(
    counts.map(({ count }) => count),
    max,
  );
  for (const { tenantId, count } of counts) {
    if (count <= share) continue;
    const firstRemoved = await records
      .findOne({ tenantId, sequence: { $gt: 0 } }, { sequence: 1 })
      .sort({ sequence: -1 })
      .skip(share)
      .lean();
    const until = Math.min(firstRemoved?.sequence ?? 0, last - 1);
    await records.deleteMany({ tenantId, sequence: { $gt: 0, $lte: until } });
  }
}

/** The most that each may keep, so that all together keep at most `max`. */
function computeShare(counts: readonly number[], max: number): number {
  let left = max;
  const ascending = counts.toSorted((a, b) => a - b);
  for (const [at, count] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - at));
    if (count > share) return share;
    left -= count;
  }
  return Number.POSITIVE_INFINITY;
}
