import { type Connection, mongo } from 'mongoose';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { InferenceObserver, PayloadDrop } from '#core/observers/inference-observer.ts';
import { payloadDaysDefault } from '#core/payload-days.ts';
import { type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';
import { payloads as collection, type PayloadRecord } from '#mongo/payloads.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import type { CallPayload } from './call-payload.ts';

/** The payload of a call that ends. */
export interface NewPayload {
  readonly id: string;
  readonly caller: Pick<Caller, 'tenantId' | 'payloadDays'>;
  readonly endedAtMs: number;
  /** Writes the JSON of a CallPayload. Null: none of the call is kept. */
  readonly content: (() => string) | null;
}

/** A payload until its call is closed. Disposing it makes room for others. */
export interface HeldPayload extends Disposable {
  /** Null: it is not kept. */
  readonly record: PayloadRecord | null;
}

/** A payload as it is read. */
export interface FoundPayload {
  readonly id: string;
  readonly tenantId: string;
  readonly at: Date;
  /** Null: no key opens it any more. */
  readonly content: CallPayload | null;
}

/** What was commented on an answer when it was rated. */
export interface RatingComment {
  /** The rating that it belongs to. */
  readonly rating: number;
  readonly text: string;
}

/** A payload with the comment on its answer; null: there is none. */
export type CommentedPayload = FoundPayload & { readonly comment: RatingComment | null };

const dayMs = 86_400_000;
/** Bytes of payloads that wait for the store: more are not kept. Together they fit into one command. */
const waitingBytesMax = 16 * 1024 * 1024;
/** Payloads that were not kept are logged once in this time, with their number. */
const logEveryMs = 10_000;
/** Of several payloads that are read together. */
const charactersMax = 16 * 1024 * 1024;
const batchSize = 4;
const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** What a payload is sealed for. */
export const toPayloadContext = (id: string): readonly string[] => ['payloads', id];
/** What the comment on an answer is sealed for. */
export const toCommentContext = (id: string): readonly string[] => ['payloads', id, 'comment'];

export interface PayloadLogOptions {
  /** Seal and open payloads. */
  readonly boxes: OwnerBoxes;
  readonly log: Logger;
  readonly observer?: Pick<InferenceObserver, 'payloadDropped'> | undefined;
  readonly now: () => number;
}

/**
 * The requests and responses of calls of tenants that keep them. A payload is stored before the row of its call is closed, in the same
 * group of writes, so that a closed row has it. No call fails or waits for its payload: one that cannot be written or sealed, or that has no room while
 * too many bytes wait for the store, is left out, and its row states that.
 */
export class PayloadLog {
  readonly #connection: Connection;
  readonly #options: PayloadLogOptions;
  #waitingBytes = 0;
  #unlogged = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection, options: PayloadLogOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Seals a payload, to be stored with the end of its call. Never rejects. */
  async hold({ id, caller, endedAtMs, content }: NewPayload): Promise<HeldPayload> {
    const { tenantId, payloadDays = payloadDaysDefault } = caller;
    if (content === null || tenantId === null) return notHeld;
    try {
      const sealer = this.#options.boxes.of(tenantId);
      const text = content();
      if (this.#waitingBytes + text.length > waitingBytesMax) return this.#drop('ROOM');
      const sealed = (sealer instanceof Promise ? await sealer : sealer).sealToBytes(
        text,
        toPayloadContext(id),
      );
      const bytes = sealed.byteLength;
      if (this.#waitingBytes + bytes > waitingBytesMax) return this.#drop('ROOM');
      this.#waitingBytes += bytes;
      const record: PayloadRecord = {
        _id: id,
        tenantId,
        at: new Date(endedAtMs),
        sealed: new mongo.Binary(sealed),
        expiresAt: new Date(endedAtMs + payloadDays * dayMs),
      };
      return {
        record,
        [Symbol.dispose]: () => {
          this.#waitingBytes -= bytes;
        },
      };
    } catch (error) {
      // Any error: a call ends with or without its payload, which is never stored unsealed.
      return this.#drop('UNSEALED', error);
    }
  }

  /** Stores the payload of a call that has no end of its own, as its answer was there already. Never rejects; until when it is kept, null: it is not. */
  async store({ record }: HeldPayload): Promise<Date | null> {
    if (record === null) return null;
    try {
      await this.#native.insertOne(record, durable);
      return record.expiresAt;
    } catch (error) {
      // Any error: as in hold.
      this.#drop('STORE', error);
      return null;
    }
  }

  /** Those that there are, of the tenant. Throws GRAPH_COST_EXCEEDED where they are too long together. */
  async find(ids: readonly string[], tenantId: string): Promise<readonly CommentedPayload[]> {
    const found = collection(this.#connection)
      .find({ _id: { $in: [...ids] }, tenantId })
      .lean<PayloadRecord[]>();
    const payloads: CommentedPayload[] = [];
    let characters = 0;
    for await (const record of found.cursor({ batchSize })) {
      const { payload, length } = await this.open(record as PayloadRecord);
      characters += length;
      if (characters > charactersMax && ids.length > 1) {
        throw new HeddleError(
          'GRAPH_COST_EXCEEDED',
          `The payloads are longer than ${charactersMax} characters together: request fewer at once.`,
        );
      }
      payloads.push({ ...payload, comment: await this.#openComment(record as PayloadRecord) });
    }
    return payloads;
  }

  /** Those of the tenant that a legal hold keeps, whenever they would have expired. */
  async findHeld(ids: readonly string[], tenantId: string): Promise<readonly string[]> {
    return collection(this.#connection).distinct('_id', {
      ...{ _id: { $in: [...ids] }, tenantId },
      heldExpiresAt: { $exists: true },
    });
  }

  /** Opens a stored payload; its length in characters. Rejects with OVERLOADED where the key cannot be had now. */
  async open({ _id, tenantId, at, sealed }: PayloadRecord): Promise<{
    readonly payload: FoundPayload;
    readonly length: number;
  }> {
    const text = await openSealed(this.#options.boxes, sealed.value(), toPayloadContext(_id));
    const content = text === undefined ? null : (parseJson(text) as CallPayload);
    return { payload: { id: _id, tenantId, at, content }, length: text?.length ?? 0 };
  }

  /** Keeps a comment with the payload of its call, instead of the one before; false: there is no payload. */
  async keepComment(id: string, tenantId: string, comment: RatingComment): Promise<boolean> {
    const sealer = await this.#options.boxes.of(tenantId);
    const sealed = new mongo.Binary(sealer.sealToBytes(JSON.stringify(comment), toCommentContext(id)));
    const { matchedCount } = await this.#native.updateOne(
      { _id: id, tenantId },
      { $set: { comment: sealed } },
      durable,
    );
    return matchedCount === 1;
  }

  /** Whether there is a comment on the answer of the call. */
  async hasComment(id: string): Promise<boolean> {
    return (await this.#native.findOne(withComment(id), { projection: { _id: 1 } })) !== null;
  }

  /** Takes away what was commented on the answer of the call. */
  async removeComment(id: string): Promise<void> {
    await this.#native.updateOne(withComment(id), { $unset: { comment: true } }, durable);
  }

  /** Deletes the payloads of calls. */
  async remove(ids: readonly string[]): Promise<void> {
    await collection(this.#connection).deleteMany({ _id: { $in: [...ids] } });
  }

  async #openComment({ _id, comment }: PayloadRecord): Promise<RatingComment | null> {
    if (comment === undefined) return null;
    const text = await openSealed(this.#options.boxes, comment.value(), toCommentContext(_id));
    return text === undefined ? null : (JSON.parse(text) as RatingComment);
  }

  get #native() {
    return nativeCollection<PayloadRecord>(this.#connection, collection);
  }

  #drop(reason: PayloadDrop, err?: unknown): HeldPayload {
    this.#unlogged += 1;
    const { log, observer, now } = this.#options;
    observer?.payloadDropped(reason);
    const nowMs = now();
    if (nowMs - this.#loggedAtMs >= logEveryMs) {
      const count = this.#unlogged;
      this.#loggedAtMs = nowMs;
      this.#unlogged = 0;
      log.warn(
        { event: 'payload_dropped', reason, count, ...(err === undefined ? {} : { err }) },
        'payloads were not kept',
      );
    }
    return notHeld;
  }
}

const withComment = (id: string) => ({ _id: id, comment: { $exists: true } });

const notHeld: HeldPayload = { record: null, [Symbol.dispose]: () => undefined };
