import { GraphFailure } from '../operations/run-declared.ts';

/** What follows the place of an object for each of its fields; for an input, the names of its fields in the client's dialect. */
export type PlaceFields = Readonly<Record<string, string>>;

interface Place {
  readonly at: string;
  readonly fields: PlaceFields;
}

/** An input of the graph, as far as it identifies itself: copies of it by spread have the same lists. */
interface AnyInput {
  readonly messages?: object;
  readonly values?: object;
}

interface Origin {
  readonly names: PlaceFields;
  readonly readAgain: () => { readonly input: AnyInput };
}

/** By the messages of an input, or by the values of one of embeddings. */
const origins = new WeakMap<object, Origin>();

/** Places are looked for only when an error names a field: the body is then translated once more. */
let recorded: Map<object, Place> | undefined;

/** Headers that set fields of the input in every dialect. */
const headerNames: PlaceFields = {
  cache: 'x-heddle-cache',
  cacheScope: 'x-heddle-cache-scope',
  retention: 'x-heddle-retention',
  idempotencyKey: 'idempotency-key',
  endUserId: 'x-heddle-end-user',
  conversationId: 'x-heddle-conversation',
  tags: 'x-heddle-tags',
};

/** The field of the input with what is for the provider alone. */
const providerField = 'providerOptions';

/** Notes where in the body of the client an object of the input stands, such as `messages[0].content[1].image_url`. */
export function markPlace<T extends object>(value: T, at: string, fields: PlaceFields = {}): T {
  recorded?.set(value, { at, fields });
  return value;
}

/** Notes for a copy the place of what it was made from. */
export function keepPlace<T extends object>(from: object, copy: T): T {
  const place = recorded?.get(from);
  if (place !== undefined) recorded?.set(copy, place);
  return copy;
}

/**
 * Notes how an input was made, for errors of the graph that name its fields: `names` are those of the client's dialect, and
 * `readAgain` translates the same body.
 */
export function markInput(input: AnyInput, names: PlaceFields, readAgain: Origin['readAgain']): void {
  const key = input.messages ?? input.values;
  if (key !== undefined) origins.set(key, { names, readAgain });
}

/** An error about the input in the client's own terms. */
export interface PlacedError {
  /** The field of the body, or the header; null: no single one. */
  readonly param: string | null;
  readonly message: string;
}

/** What a refusal of the graph states of the input, by the names of the client's body; undefined: it names no field of a marked input. */
export function placeError(thrown: unknown): PlacedError | undefined {
  if (!(thrown instanceof GraphFailure)) return undefined;
  const { message, code, extensions, variables } = thrown;
  const { input } = (variables ?? {}) as { readonly input?: AnyInput };
  const origin = origins.get(input?.messages ?? input?.values ?? {});
  if (origin === undefined) return undefined;
  const { messages: param } = origin.names;
  if (code === 'CONTEXT_TOO_LONG' && param !== undefined) return { param, message };
  const named = readField(message, extensions.field);
  if (named === undefined) return undefined;
  const { field, problem } = named;
  if (field === providerField) return { param: null, message: `The fields for the provider${problem}` };
  const at = findPlace(field, origin);
  return at === undefined ? undefined : { param: at, message: `${at}${problem}` };
}

/** What GraphQL itself states of a value that the scalar JSON does not take. */
const refusedJson =
  /^Variable "\$input" got (?:an )?invalid value .*?at "input\.([^"]+)"[:;] Expected type "JSON"\. (.+)$/s;

/** The field of the input that a refusal is about, and what is wrong with it. */
function readField(
  message: string,
  field: unknown,
): { readonly field: string; readonly problem: string } | undefined {
  if (typeof field === 'string' && message.startsWith(field)) {
    return { field, problem: message.slice(field.length) };
  }
  const [, path, problem] = refusedJson.exec(message) ?? [];
  return path === undefined ? undefined : { field: path, problem: `: ${problem}` };
}

/** The field of the client's body for one of the input, such as `messages[2].parts[0].data`. */
function findPlace(field: string, { names, readAgain }: Origin): string | undefined {
  const places = new Map<object, Place>();
  recorded = places;
  let value: unknown;
  try {
    value = readAgain().input;
  } finally {
    recorded = undefined;
  }
  const segments = field.match(/[^.[\]]+/g) ?? [];
  let place: Place | undefined;
  let rest: readonly string[] = segments;
  for (const [index, segment] of segments.entries()) {
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[segment];
    const found = typeof value === 'object' && value !== null ? places.get(value) : undefined;
    if (found === undefined) continue;
    place = found;
    rest = segments.slice(index + 1);
  }
  const [first = '', index] = rest;
  if (place !== undefined) return place.at + (place.fields[first] ?? '');
  const name = names[field] ?? names[first] ?? headerNames[first];
  const isListed = index !== undefined && /^\d+$/.test(index) && first !== 'messages';
  return name === undefined || !isListed ? name : `${name}[${index}]`;
}
