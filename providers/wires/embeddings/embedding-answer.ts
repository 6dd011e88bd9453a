import { malformed } from '../../translate/completeness.ts';
import { readCount, readUsage } from '../../translate/usage-report.ts';
import { type Fields, fields, list } from '../shared/fields.ts';

/** How a vector is written where it is a text of base64. */
export type VectorEncoding = 'float32' | 'int8';

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

function decode(text: string, encoding: VectorEncoding): readonly number[] {
  // Four characters are three bytes; a text that was cut may be of no number of bytes.
  if (!base64.test(text) || (text.endsWith('=') ? text.length % 4 !== 0 : text.length % 4 === 1))
    throw malformed();
  const bytes = Buffer.from(text, 'base64');
  if (encoding === 'int8') return Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (bytes.byteLength % 4 !== 0) throw malformed();
  return Array.from({ length: bytes.byteLength / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

/** A vector: numbers, base64 of them, or an object that holds either under a name that one of the vendors uses. */
function readVector(value: unknown, encoding: VectorEncoding): readonly number[] {
  const held = fields(value);
  const given = held === null ? value : (held.embedding ?? held.values ?? fields(held.embeddings)?.values);
  const vector = typeof given === 'string' ? decode(given, encoding) : given;
  if (!Array.isArray(vector) || vector.length === 0) throw malformed();
  for (const number of vector) if (typeof number !== 'number' || !Number.isFinite(number)) throw malformed();
  return vector;
}

/** A number, or its digits; NaN for anything else. */
function readIndex(given: unknown): number {
  if (typeof given === 'number') return given;
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
}

/** What stands for the vectors of an answer: a list, or a single one. */
function readItems(answer: Fields): readonly unknown[] {
  const { data, embeddings, predictions, embedding } = answer;
  for (const items of [data, embeddings, fields(embeddings)?.float, predictions]) {
    if (Array.isArray(items)) return items;
  }
  return embedding === undefined ? [] : [embedding];
}

/**
 * The vectors of an answer, one for each of `count` values, in the order of the values: by their indexes where the answer
 * has any, whatever order they come in.
 * @throws {ProviderFailure} PROVIDER_ERROR for a vector too few or too many, an index that is missing, comes twice or is
 *   none of a value, and vectors of different lengths
 */
export function readVectors(
  answer: Fields,
  count: number,
  encoding: VectorEncoding,
): readonly (readonly number[])[] {
  const items = readItems(answer);
  if (items.length !== count) throw malformed();
  const indexed = items.some((item) => (fields(item)?.index ?? null) !== null);
  const vectors = new Array<readonly number[] | undefined>(count).fill(undefined);
  for (const [at, item] of items.entries()) {
    const index = indexed ? readIndex(fields(item)?.index) : at;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) throw malformed();
    if (vectors[index] !== undefined) throw malformed();
    vectors[index] = readVector(item, encoding);
  }
  const [first] = vectors;
  const whole = vectors.filter((vector) => vector !== undefined);
  if (whole.some(({ length }) => length !== first?.length)) throw malformed();
  return whole;
}

/** Vertex counts each value on its own. */
function sumOfPredictions(answer: Fields): number | undefined {
  let sum: number | undefined;
  for (const prediction of list(answer.predictions)) {
    const { token_count: tokens } = fields(fields(fields(prediction)?.embeddings)?.statistics) ?? {};
    const counted = readCount(tokens);
    if (counted !== undefined) sum = (sum ?? 0) + counted;
  }
  return sum;
}

/** The input tokens that the provider counted, never less than its total; undefined where it counted none. */
export function readInputTokens(answer: Fields, headers: Headers): number | undefined {
  const meta = fields(answer.meta);
  const places = [answer.usage, answer.usageMetadata, meta?.billed_units ?? meta?.tokens];
  for (const place of places) {
    const counts = typeof place === 'object' && place !== null ? readUsage(place) : null;
    const tokens = Math.max(counts?.inputTokens ?? -1, counts?.totalTokens ?? -1);
    if (tokens >= 0) return tokens;
  }
  return (
    readCount(answer.inputTextTokenCount) ??
    readCount(answer.inputTokenCount) ??
    sumOfPredictions(answer) ??
    readCount(headers.get('x-amzn-bedrock-input-token-count'))
  );
}
