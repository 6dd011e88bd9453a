import { mongo } from 'mongoose';
import { WorkTurns } from '#core/work-turns.ts';
import { decoding } from './connect.ts';

/** Documents of one answer of the server: encoding and sending them keeps it from others meanwhile. */
const batchSize = 100;

/** Options of the driver's `find` that leave it to the bytes of documents. */
export type FindInTurnsOptions = Pick<mongo.FindOptions, 'projection' | 'sort'>;

/**
 * The documents of a collection that fit a filter, one after the other, for questions that many may answer: other work of the process gets its
 * turn between. The driver decodes all documents of a batch at once, and twice where its commands are observed.
 */
export async function* findInTurns<Record>(
  collection: {
    find<Found extends mongo.Document>(filter: object, options: mongo.FindOptions): mongo.FindCursor<Found>;
  },
  filter: object,
  options: FindInTurnsOptions = {},
  turns = new WorkTurns(),
): AsyncGenerator<Record, void> {
  const found = collection.find<Uint8Array>(filter, { ...options, raw: true, batchSize });
  try {
    while (await found.hasNext()) {
      for (const bytes of found.readBufferedDocuments()) {
        await turns.pass();
        yield mongo.BSON.deserialize(bytes, decoding) as Record;
      }
    }
  } finally {
    await found.close();
  }
}
