import { type ContentPart, type ProviderCall, ProviderFailure } from '../provider.ts';
import { normalizeMediaType } from './media-type.ts';

/** Efforts of reasoning in ascending order; a vendor may know fewer of them. */
export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A file of a message: base64 data without a prefix, or a URL; the other one is null. */
export interface FileSource {
  /** Normalized; may lack its subtype (`image/*`). */
  readonly mediaType: string;
  readonly data: string | null;
  readonly url: string | null;
  /** How closely an image is read; null: as the vendor does. */
  readonly detail: string | null;
  /** The format of audio; null: the subtype of its media type. */
  readonly audioFormat: string | null;
  readonly filename: string | null;
}

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly toolName: string };

/** A call that cannot be sent as it is: another one may be. */
export function rejectInput(message: string): ProviderFailure {
  return new ProviderFailure('BAD_USER_INPUT', message, { retryable: false });
}

/** The same where another provider may well take the call. */
export function rejectElsewhere(message: string): ProviderFailure {
  return new ProviderFailure('BAD_USER_INPUT', `${message}.`, { retryable: false, isAboutCall: true });
}

/** A call of something that the AI model, or its vendor's API, does not take. */
export function rejectUnsupported(what: string): ProviderFailure {
  return rejectInput(`This model cannot take the call: ${what}.`);
}

/**
 * The requested effort of reasoning; undefined: the model's own.
 * @throws {ProviderFailure} BAD_USER_INPUT for an unknown effort
 */
export function readEffort({ reasoningEffort }: ProviderCall): Effort | undefined {
  if (reasoningEffort === undefined || reasoningEffort === 'default') return undefined;
  const effort = efforts.find((known) => known === reasoningEffort);
  if (effort === undefined) throw rejectInput(`reasoningEffort is one of ${efforts.join(', ')}.`);
  return effort;
}

/** The effort to send to a model that takes only some: the next lower one, else the next higher. `none` stands in for no other. */
export function nearestEffort(effort: Effort, taken: readonly Effort[]): Effort | undefined {
  if (taken.includes(effort)) return effort;
  const place = efforts.indexOf(effort);
  const lower = efforts.slice(1, Math.max(place, 1)).findLast((each) => taken.includes(each));
  return lower ?? efforts.slice(place + 1).find((each) => taken.includes(each));
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a list, which JSON's objects may be confused with */
export function readSchema(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema)) throw rejectInput('A JSON Schema must be an object.');
  return schema;
}

/** The parameters of a tool as an object with properties: no vendor takes others, and OpenAI takes none without properties. */
export function completeParameters(schema: JsonSchema): JsonSchema {
  const { type = 'object', properties, $ref, allOf, anyOf, oneOf } = readSchema(schema);
  const isWhole = type !== 'object' || (properties ?? $ref ?? allOf ?? anyOf ?? oneOf) !== undefined;
  if (isWhole && schema.type !== undefined) return schema;
  return { type, ...(isWhole ? {} : { properties: {} }), ...schema };
}

/** @throws {ProviderFailure} BAD_USER_INPUT for the name of no tool */
export function readToolChoice({
  tools = [],
  providerTools = {},
  toolChoice,
}: ProviderCall): ToolChoice | undefined {
  if (toolChoice === undefined) return undefined;
  if (toolChoice === 'auto' || toolChoice === 'none' || toolChoice === 'required')
    return { type: toolChoice };
  const all = [...tools, ...Object.values(providerTools).flat()];
  if (all.some((tool) => tool.name === toolChoice)) return { type: 'tool', toolName: toolChoice };
  throw rejectInput(
    `toolChoice is auto, none, required or the name of a tool; there is no tool ${toolChoice}.`,
  );
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a part with neither data nor a valid URL */
export function readFile(part: Extract<ContentPart, { type: 'file' }>): FileSource {
  const mediaType = normalizeMediaType(part.mediaType);
  const { detail = null, audioFormat = null, filename = null } = part;
  const traits = { detail, audioFormat, filename };
  if (part.data !== undefined) return { mediaType, data: part.data, url: null, ...traits };
  const inline = /^data:([^,]*);base64,(.*)$/is.exec(part.url ?? '');
  if (inline !== null) {
    const [, given = '', data = ''] = inline;
    return { mediaType: normalizeMediaType(given) || mediaType, data, url: null, ...traits };
  }
  const url = URL.parse(part.url ?? '');
  if (url === null) throw rejectInput('A file part needs base64 data or a valid URL.');
  return { mediaType, data: null, url: url.toString(), ...traits };
}
