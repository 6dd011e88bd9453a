import { type BodyFields, toBoolean, toFields } from '../../body-fields.ts';

/** How a stream is to be written. */
interface StreamOptions {
  /** The last chunk has the usage. */
  readonly includesUsage: boolean;
  /** What streams of this mesh do not have. */
  readonly dropped: readonly string[];
}

/** The `stream_options` of OpenAI's dialects. Events are not padded: obfuscation is left out by name. Throws WrongField. */
export function readStreamOptions({ stream_options: given }: BodyFields): StreamOptions {
  const options = given == null ? {} : toFields(given, 'stream_options');
  const isPadded = toBoolean(options.include_obfuscation, 'stream_options.include_obfuscation');
  return {
    includesUsage: toBoolean(options.include_usage, 'stream_options.include_usage') === true,
    dropped: isPadded === true ? ['stream_options.include_obfuscation'] : [],
  };
}
