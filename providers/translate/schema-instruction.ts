import type { JsonSchema } from './call-parts.ts';

/** The instruction that stands in for a JSON Schema where an API has no parameter for one. */
export function schemaInstruction(schema: JsonSchema): string {
  return `Return JSON that conforms to the following schema: ${JSON.stringify(schema)}`;
}
