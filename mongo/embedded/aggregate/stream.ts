import type { Doc } from '../bson/values.ts';
import { PAUSE, type Pause } from './pause.ts';

/** What flows between stages: documents, and the points at which others may run (pause.ts). */
export type Stream = Iterable<Doc | Pause>;

/** A stage, ready to run any number of times. */
export type Stage = (input: Stream) => Stream;

/** A stage that makes of each document any number of documents. */
export function perDocument(each: (doc: Doc) => Iterable<Doc>): Stage {
  return function* (input) {
    for (const doc of input) {
      if (doc === PAUSE) yield PAUSE;
      else yield* each(doc);
    }
  };
}

/** A stage that makes of each document one document. */
export function mapDocuments(transform: (doc: Doc) => Doc): Stage {
  return function* (input) {
    for (const doc of input) yield doc === PAUSE ? PAUSE : transform(doc);
  };
}
