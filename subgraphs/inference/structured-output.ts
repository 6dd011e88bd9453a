import { LRUCache } from 'lru-cache';
import { parseJson } from '#schema/exact-json.ts';
import { compileJsonSchema, type JsonSchema, jsonSchemaText } from '#schema/json-schema.ts';

/** A compiled JSON Schema of an answer. */
export interface StructuredOutput {
  readonly schema: Readonly<Record<string, unknown>>;
  /** The answer's JSON, or what is wrong with it. */
  read(text: string): { readonly json: unknown } | { readonly problem: string };
}

export interface StructuredOutputs {
  /** Throws BAD_USER_INPUT for what is no JSON Schema. */
  compile(schema: unknown): StructuredOutput;
}

const schemasMax = 500;
const field = 'responseSchema';

/** Compiles answers' schemas, each once: they are kept by their text, at most 500. */
export function createStructuredOutputs(): StructuredOutputs {
  const byText = new LRUCache<string, StructuredOutput>({ max: schemasMax });
  return {
    compile(schema) {
      const text = jsonSchemaText(schema, field);
      const known = byText.get(text);
      if (known !== undefined) return known;
      const compiled = reader(compileJsonSchema(text, field));
      byText.set(text, compiled);
      return compiled;
    },
  };
}

/**
 * The text in a code fence round the whole of an answer: models put JSON into one even where they are told not to. JSON
 * itself never begins with one.
 */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const mark = /^(?:`{3,}|~{3,})/.exec(trimmed)?.[0];
  if (mark === undefined || !trimmed.endsWith(mark)) return text;
  const lineEnd = trimmed.indexOf('\n');
  return lineEnd < 0 ? text : trimmed.slice(lineEnd + 1, trimmed.length - mark.length);
}

function reader({ schema, problemOf }: JsonSchema): StructuredOutput {
  return {
    schema,
    read(text) {
      const given = withoutFence(text);
      let json: unknown;
      try {
        json = JSON.parse(given);
      } catch {
        return { problem: 'it is no JSON' };
      }
      const problem = problemOf(json);
      // Validated as numbers, given with their digits.
      return problem === null ? { json: parseJson(given) } : { problem };
    },
  };
}
