import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { badInput } from '../shared/input.ts';

const bytesMax = 65_536;

/**
 * The JSON text of a JSON Schema (2020-12, or draft-07 where `$schema` says so) that answers can be checked with.
 * BAD_USER_INPUT tells what is wrong; references to other documents are refused.
 */
export function checkedOutputSchema(schema: unknown, field: string): string | null {
  if (schema === null || schema === undefined) return null;
  if (typeof schema !== 'object' || Array.isArray(schema)) {
    return badInput(field, 'must be a JSON Schema: an object.');
  }
  const text = JSON.stringify(schema);
  if (Buffer.byteLength(text) > bytesMax) badInput(field, `must not have more than ${bytesMax} bytes.`);
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const draft = '$schema' in schema && String(schema.$schema).includes('draft-07');
  try {
    (draft ? new Ajv(options) : new Ajv2020(options)).compile({ ...schema });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be compiled';
    badInput(field, `is no usable JSON Schema: ${why}.`);
  }
  return text;
}
