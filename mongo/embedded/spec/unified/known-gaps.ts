import type { KnownGaps } from './report.ts';

/** The same reason for each of these tests. */
const because = (reason: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, reason]));

/**
 * Every runnable specification test that does not pass, by full name, and why. The list must match exactly: a test
 * that is listed and passes fails the run as one does that fails and is not listed.
 */
export const KNOWN_GAPS: KnownGaps = {
  failed: {
    ...because(
      'the driver leaves out bypassDocumentValidation: false',
      'crud/bypassDocumentValidation: Aggregate with $out passes bypassDocumentValidation: false',
      'crud/bypassDocumentValidation: BulkWrite passes bypassDocumentValidation: false',
      'crud/bypassDocumentValidation: FindOneAndReplace passes bypassDocumentValidation: false',
      'crud/bypassDocumentValidation: FindOneAndUpdate passes bypassDocumentValidation: false',
      'crud/bypassDocumentValidation: InsertMany passes bypassDocumentValidation: false',
    ),
    ...because(
      'the driver replaces a null _id by an ObjectId',
      'crud/create-null-ids: inserting _id with type null via insertOne',
      'crud/create-null-ids: inserting _id with type null via insertMany',
      'crud/create-null-ids: inserting _id with type null via bulkWrite',
    ),
    ...because(
      'the driver lists the ids of documents that were not inserted',
      'retryable-writes/bulkWrite: First insertOne is never committed',
    ),
  },
  refused: {
    ...because(
      'collation',
      'crud/aggregate-collation: Aggregate with collation',
      'crud/bulkWrite-collation: BulkWrite with delete operations and collation',
      'crud/bulkWrite-collation: BulkWrite with update operations and collation',
      'crud/count-collation: Count documents with collation',
      'crud/count-collation: Deprecated count with collation',
      'crud/deleteMany-collation: DeleteMany when many documents match with collation',
      'crud/deleteOne-collation: DeleteOne when many documents matches with collation',
      'crud/distinct-collation: Distinct with a collation',
      'crud/find-collation: Find with a collation',
      'crud/findOneAndDelete-collation: FindOneAndDelete when one document matches with collation',
      'crud/findOneAndReplace-collation: FindOneAndReplace when one document matches with collation returning the document after modification',
      'crud/findOneAndUpdate-collation: FindOneAndUpdate when many documents match with collation returning the document before modification',
      'crud/replaceOne-collation: ReplaceOne when one document matches with collation',
      'crud/updateMany-collation: UpdateMany when many documents match with collation',
      'crud/updateOne-collation: UpdateOne when one document matches with collation',
    ),
    ...because('a view', 'crud/estimatedDocumentCount: estimatedDocumentCount works correctly on views'),
    ...because(
      'collMod with validator',
      'crud/findOneAndUpdate-errorResponse: findOneAndUpdate document validation errInfo is accessible',
    ),
    ...because(
      'a clustered collection',
      'collection-management/clustered-indexes: createCollection with clusteredIndex',
      'collection-management/clustered-indexes: listCollections includes clusteredIndex',
      'collection-management/clustered-indexes: listIndexes returns the index',
    ),
    ...because(
      'a change stream',
      'collection-management/createCollection-pre_and_post_images: createCollection with changeStreamPreAndPostImages enabled',
    ),
    ...because(
      'collMod with prepareUnique',
      'collection-management/modifyCollection-errorResponse: modifyCollection prepareUnique violations are accessible',
    ),
    ...because(
      'collMod with changeStreamPreAndPostImages',
      'collection-management/modifyCollection-pre_and_post_images: modifyCollection to changeStreamPreAndPostImages enabled',
    ),
    ...because(
      'a time-series collection',
      'collection-management/timeseries-collection: createCollection with all options',
      'collection-management/timeseries-collection: insertMany with duplicate ids',
      'collection-management/timeseries-collection: createCollection with bucketing options',
    ),
  },
};
