import type { Connection } from 'mongoose';
import type { ErasureKind } from '#core/graph-enums.generated.ts';
import type { ErasureRecord } from './erasures.ts';

/** What is erased. */
export type ErasureSubject = Pick<ErasureRecord, '_id' | 'kind' | 'tenantId' | 'endUserId' | 'requestedAt'>;

/** A part of what a step is to erase. */
export interface ErasurePage {
  /** The ids of records to erase, by collection. */
  readonly found: Readonly<Record<string, readonly string[]>>;
  /** Where the next page begins; null: there is none. */
  readonly next: string | null;
  /** Copies of the records outside of the store are gone by then; absent: there are none. */
  readonly quietUntil?: Date;
}

/**
 * One step of an erasure, made by the part of the mesh that writes its collections. Steps run again after a kill: erasing what is
 * erased changes nothing.
 */
export interface Eraser {
  /** At most about `max` records that are left to erase, after the place where an earlier page ended; null: from the beginning. */
  find(subject: ErasureSubject, after: string | null, max: number): Promise<ErasurePage>;
  /** Erases the records of a page. */
  erase(subject: ErasureSubject, found: ErasurePage['found']): Promise<void>;
  /** Whether there are records that cannot be erased yet, as they are still in use. */
  isHeld?(subject: ErasureSubject): Promise<boolean>;
  /** Runs when nothing is left, with the number of erased records by collection. */
  finish?(subject: ErasureSubject, counts: ErasureRecord['counts']): Promise<void>;
}

/** The steps of a part of the mesh, by their names. */
export type Erasers = Readonly<Record<ErasureKind, Readonly<Record<string, Eraser>>>>;

/** The end user that is erased. Throws where it is forgotten already: a filter without it would match every record of the tenant. */
export function readEndUserId({ _id, endUserId }: ErasureSubject): string {
  if (endUserId === undefined || endUserId === '') throw new Error(`The erasure ${_id} has no end user.`);
  return endUserId;
}

/** The getter of a collection's model. */
type Collection = (connection: Connection) => { readonly collection: { readonly name: string } };

/** Deletes the records of a collection that match. */
export function eraseByDeleting(
  connection: Connection,
  collection: Collection,
  toFilter: (subject: ErasureSubject) => object,
): Eraser {
  const { name } = collection(connection).collection;
  const records = connection.collection<{ _id: string }>(name);
  return {
    async find(subject, after, max) {
      const rest = after === null ? {} : { _id: { $gt: after } };
      const found = await records
        .find({ ...toFilter(subject), ...rest }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(max)
        .toArray();
      const ids = found.map(({ _id }) => _id);
      return { found: { [name]: ids }, next: ids.length < max ? null : (ids.at(-1) ?? null) };
    },
    async erase(_subject, found) {
      await records.deleteMany({ _id: { $in: [...(found[name] ?? [])] } });
    },
  };
}
