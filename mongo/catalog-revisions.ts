import type { Connection } from 'mongoose';
import { defineCollection } from './collection.ts';

interface CatalogRevisionRecord {
  readonly _id: string;
  readonly revision: number;
}

/** One record: a number that grows with every change of providers, credentials, models and routes. */
const catalogRevisions = defineCollection<CatalogRevisionRecord>('catalog_revisions', {
  _id: { type: String, required: true },
  revision: { type: Number, required: true },
});

const id = 'catalog';

/** Incremented by whoever has changed something, after the change and before the message on the bus. */
export async function bumpCatalogRevision(connection: Connection): Promise<void> {
  await catalogRevisions(connection).updateOne({ _id: id }, { $inc: { revision: 1 } }, { upsert: true });
}

/** 0 before the first change. */
export async function catalogRevision(connection: Connection): Promise<number> {
  return (await catalogRevisions(connection).findById(id).lean())?.revision ?? 0;
}
