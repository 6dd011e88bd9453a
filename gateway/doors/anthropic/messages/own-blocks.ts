import { type BodyFields, isFields, readOwnFields, toFields } from '../../body-fields.ts';
import { keepPlace } from '../../input-places.ts';
import type { ContentPartInput } from '../../operations.generated.ts';

/** The key of this dialect in `providerOptions`, and the format of its blocks in an answer. */
export const messagesFormat = 'messages';

type OwnOptions = Pick<ContentPartInput, 'providerOptions'>;

/** Whether a cached prefix ends with the block. Throws WrongField. */
export function isCachePoint({ cache_control: given }: BodyFields): boolean {
  if (given === undefined || given === null) return false;
  toFields(given, 'cache_control');
  return true;
}

/**
 * The fields of a block that the graph has no field for, as they are for providers of this dialect. A cache point is one of
 * them where it has more than its type.
 */
export function toOwnOptions(block: BodyFields, known: ReadonlySet<string>): OwnOptions {
  const own = Object.entries(block).filter(
    ([field, value]) =>
      value != null && !known.has(field) && (field !== 'cache_control' || !isPlainCachePoint(value)),
  );
  return own.length === 0 ? {} : { providerOptions: { [messagesFormat]: Object.fromEntries(own) } };
}

function isPlainCachePoint(value: unknown): boolean {
  return isFields(value) && Object.keys(value).every((field) => field === 'type');
}

/** A block as it is for providers of this dialect; others get the text, and nothing where it is empty. */
export function toOwnPart(block: BodyFields, text = ''): ContentPartInput {
  return { text, providerOptions: { [messagesFormat]: block } };
}

/** The parts, the last of which has the cache point of the block that they belong to. */
export function markLast(
  parts: readonly ContentPartInput[],
  { cache_control }: BodyFields,
): readonly ContentPartInput[] {
  const last = parts.at(-1) ?? { text: '' };
  const own = { ...readOwn(last), ...readOwn(toOwnOptions({ cache_control }, new Set())) };
  const options = Object.keys(own).length === 0 ? {} : { providerOptions: { [messagesFormat]: own } };
  return [...parts.slice(0, -1), keepPlace(last, { ...last, cache: true, ...options })];
}

function readOwn({ providerOptions }: OwnOptions): BodyFields {
  return readOwnFields(providerOptions, messagesFormat);
}
