import { BadRequest } from '../http/problem.ts';

/** A field of a body that is wrong, with its place such as `messages[0].content`. */
export class WrongField extends BadRequest {
  readonly param: string;

  constructor(param: string, problem: string) {
    super(400, `${param === '' ? 'The body' : param} ${problem}`);
    this.param = param;
  }
}

export type BodyFields = Readonly<Record<string, unknown>>;

/** Characters of a client's value that an error repeats. */
const shownMax = 60;

/** A value as an error shows it: short, and on one line. */
function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

export function isFields(value: unknown): value is BodyFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields for one dialect in the `providerOptions` of the graph; none where it has none. */
export function readOwnFields(providerOptions: unknown, format: string): BodyFields {
  const own = isFields(providerOptions) ? providerOptions[format] : undefined;
  return isFields(own) ? own : {};
}

/** Throws WrongField for what is no object. */
export function toFields(value: unknown, param: string): BodyFields {
  if (!isFields(value)) throw new WrongField(param, 'must be an object.');
  return value;
}

/** The list; undefined for null and for what is left out. Throws WrongField for another value, or for too many items. */
export function toList(value: unknown, param: string, max: number): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new WrongField(param, 'must be a list.');
  if (value.length > max) throw new WrongField(param, `has ${value.length} items; ${max} are allowed.`);
  return value;
}

/** The text; undefined for null and for what is left out. Throws WrongField for another value. */
export function toText(value: unknown, param: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new WrongField(param, `must be a text, not ${showValue(value)}.`);
  return value;
}

/** Throws WrongField where there is no text, or an empty one. */
export function requireText(value: unknown, param: string): string {
  const text = toText(value, param);
  if (text === undefined || text === '') throw new WrongField(param, 'is required.');
  return text;
}

/** The number; undefined for null and for what is left out. Throws WrongField for another value. */
export function toNumber(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new WrongField(param, `must be a number, not ${showValue(value)}.`);
  }
  return value;
}

/** The whole number; undefined for null and for what is left out. Throws WrongField for another value. */
export function toInteger(value: unknown, param: string): number | undefined {
  const number = toNumber(value, param);
  // The graph's own kind of whole number: a larger one would be refused by the name of a variable.
  if (number !== undefined && (number | 0) !== number) {
    throw new WrongField(param, `must be a whole number of 32 bits, not ${showValue(value)}.`);
  }
  return number;
}

/** True or false; undefined for null and for what is left out. Throws WrongField for another value. */
export function toBoolean(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean')
    throw new WrongField(param, `must be true or false, not ${showValue(value)}.`);
  return value;
}

/** One of the choices; undefined for null and for what is left out. Throws WrongField for another value. */
export function toChoice<Choice extends string>(
  value: unknown,
  param: string,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined || value === null) return undefined;
  const choice = choices.find((one) => one === value);
  if (choice === undefined) {
    throw new WrongField(param, `must be one of ${choices.join(', ')}, not ${showValue(value)}.`);
  }
  return choice;
}

/** A data: URL in base64; undefined for another text. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  const head = url.slice(5, comma);
  if (comma === -1 || !/;base64$/i.test(head)) return undefined;
  return { mediaType: head.slice(0, -';base64'.length), data: url.slice(comma + 1) };
}
