import { parseJson } from '#core/json/exact-json.ts';
import { type JsonSchemas, jsonSchemaText } from '#core/json-schema/json-schema.ts';

/** The JSON Schema that an answer must have. */
export interface StructuredOutput {
  readonly schema: Readonly<Record<string, unknown>>;
  /** The same as JSON text. */
  readonly text: string;
}

const field = 'responseSchema';
/** Characters of an answer's JSON: what is larger is not read. */
const jsonCharsMax = 2 * 1024 * 1024;

/** Throws BAD_USER_INPUT for what is no object, or too large; whether it is a JSON Schema is decided when it is compiled. */
export function parseResponseSchema(schema: unknown): StructuredOutput {
  const text = jsonSchemaText(schema, field);
  return { schema: JSON.parse(text), text };
}

/** Resolves when answers can be checked; BAD_USER_INPUT for what is no usable JSON Schema. `user` pays with its turn. */
export function compileResponseSchema(
  { text }: StructuredOutput,
  user: string,
  jsonSchemas: JsonSchemas,
): Promise<void> {
  return jsonSchemas.compile(text, field, user);
}

/** The answer's JSON, or what is wrong with it. Throws a HeddleError when it could not be checked. */
export async function readStructuredAnswer(
  answer: string,
  { text }: StructuredOutput,
  user: string,
  jsonSchemas: JsonSchemas,
): Promise<{ readonly json: unknown } | { readonly problem: string }> {
  const given = withoutFence(answer);
  if (given.length > jsonCharsMax) return { problem: `it has more than ${jsonCharsMax} characters` };
  const problem = await jsonSchemas.check(text, given, field, user);
  // Validated as numbers, returned with their digits.
  return problem === null ? { json: parseJson(given) } : { problem };
}

/**
 * The text in a code fence round the whole of an answer: models put JSON into one even when instructed not to. JSON
 * itself never begins with one.
 */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const mark = /^(?:`{3,}|~{3,})/.exec(trimmed)?.[0];
  if (mark === undefined || !trimmed.endsWith(mark)) return text;
  const lineEnd = trimmed.indexOf('\n');
  return lineEnd < 0 ? text : trimmed.slice(lineEnd + 1, trimmed.length - mark.length);
}
