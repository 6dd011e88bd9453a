import type { Document } from 'bson';
import { ReadPreference } from 'mongodb';

/** The format's options as the driver takes them: read preferences as objects, `wtimeoutMS` by its own name. */
export function driverOptions(options: Document): Document {
  const { readPreference, returnDocument, ...others } = options;
  return {
    ...others,
    ...(readPreference === undefined ? {} : { readPreference: toReadPreference(readPreference) }),
    ...(returnDocument === undefined ? {} : { returnDocument: String(returnDocument).toLowerCase() }),
  };
}

function toReadPreference(spec: Document): ReadPreference {
  const { mode, tagSets, ...others } = spec;
  return new ReadPreference(mode, tagSets, others);
}
