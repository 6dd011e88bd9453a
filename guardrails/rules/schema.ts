import { JSONRepairError, jsonrepair } from 'jsonrepair';
import { z } from 'zod';
import { HeddleError } from '#core/errors.ts';
import { isNestedTooDeep } from '#core/json/json-depth.ts';
import { jsonSchemaText } from '#core/json-schema/json-schema.ts';
import { defineRule, nothingFound } from '../guardrail.ts';

const field = 'options.schema';
/** Characters of an answer that are checked, and of one that is repaired. */
const jsonCharsMax = 2 * 1024 * 1024;
const repairedCharsMax = 100_000;

const options = z.strictObject({
  /** The JSON Schema, as the JSON text of it. */
  schema: z.record(z.string(), z.unknown()).transform((schema, context) => {
    try {
      return jsonSchemaText(schema, field);
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  }),
  /** Whether JSON with mistakes is repaired: fences, comments, quotes, commas and ends that are missing. */
  repair: z.boolean().default(true),
});

/** The text as JSON without its mistakes; null: it cannot be repaired. */
function repairJson(text: string): string | null {
  if (text.length > repairedCharsMax || isNestedTooDeep(text)) return null;
  try {
    return jsonrepair(text);
  } catch (error) {
    if (error instanceof JSONRepairError) return null;
    throw error;
  }
}

/** Finds answers that are no JSON of a schema, and repairs those that nearly are. */
export const schemaRule = defineRule({
  name: 'schema',
  summary: 'Answers that are no JSON of a JSON Schema; those that nearly are can be repaired.',
  options,
  stages: ['OUTPUT'],
  hasSpans: false,
  reach: 'LOCAL',
  needs: 'SERVICES',
  prepare: (policy, { jsonSchemas }) => ({
    check: async (texts, { tenantId }) => {
      if (jsonSchemas === undefined) throw new Error('JSON Schemas cannot be checked here.');
      const answers = texts.filter(({ kind, text }) => kind === 'message' && text !== '');
      const findProblem = async (text: string) =>
        text.length > jsonCharsMax
          ? `it has more than ${jsonCharsMax} characters`
          : jsonSchemas.check(policy.schema, text, field, tenantId ?? '');
      for (const { text } of answers) {
        const problem = await findProblem(text);
        if (problem === null) continue;
        const reason = `it does not match the JSON Schema: ${problem}`;
        const repaired = policy.repair && answers.length === 1 ? repairJson(text) : null;
        const isRepaired = repaired !== null && (await findProblem(repaired)) === null;
        return { fired: true, reason, findings: [], ...(isRepaired ? { repaired } : {}) };
      }
      return nothingFound;
    },
  }),
});
