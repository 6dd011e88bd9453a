import { createContext, Script } from 'node:vm';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { HeddleError } from './errors.ts';

const bytesMax = 65_536;
const compileMsMax = 500;
const validateMsMax = 100;

/** A JSON Schema from outside, compiled. */
export interface JsonSchema {
  readonly schema: Readonly<Record<string, unknown>>;
  /** The same as JSON text. */
  readonly text: string;
  /** What is wrong with the value; null: nothing. */
  problemOf(value: unknown): string | null;
}

/** The JSON text of a schema. BAD_USER_INPUT, which names `field`, for what is no object or larger than 64 KiB. */
export function jsonSchemaText(schema: unknown, field: string): string {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new HeddleError('BAD_USER_INPUT', `${field} must be a JSON Schema: an object.`);
  }
  const text = JSON.stringify(schema);
  if (Buffer.byteLength(text) > bytesMax) {
    throw new HeddleError('BAD_USER_INPUT', `${field} may have at most ${bytesMax} bytes.`);
  }
  return text;
}

/**
 * Compiles a schema (2020-12, or draft-07 where `$schema` says so). A fresh validator each, so that schemas with the
 * same $id do not meet. References to other documents are refused; `format` is not asserted. BAD_USER_INPUT tells what
 * is wrong with `field`. Costs milliseconds: keep what it answers.
 */
export function compileJsonSchema(text: string, field: string): JsonSchema {
  const schema: Record<string, unknown> = JSON.parse(text);
  const validate = validator(schema, field);
  const needsLeash = /"(pattern|patternProperties|uniqueItems)"/.test(text);
  return {
    schema,
    text,
    problemOf(value) {
      try {
        if (needsLeash ? onLeash(() => validate(value), validateMsMax) : validate(value)) return null;
      } catch {
        return 'checking it against the schema takes too long';
      }
      const [first] = validate.errors ?? [];
      return `at ${first?.instancePath || 'its root'} it ${first?.message ?? 'does not fit'}`;
    },
  };
}

function validator(schema: Record<string, unknown>, field: string): ValidateFunction {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const draft = typeof schema.$schema === 'string' && schema.$schema.includes('draft-07');
  try {
    return onLeash(() => (draft ? new Ajv(options) : new Ajv2020(options)).compile(schema), compileMsMax);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be compiled';
    throw new HeddleError('BAD_USER_INPUT', `${field} is no usable JSON Schema: ${why}.`, { cause });
  }
}

/** Runs foreign patterns and schemas on a leash: they could keep the process busy for hours. Costs a thread: rarely used. */
function onLeash<T>(run: () => T, msMax: number): T {
  let result: { readonly value: T } | undefined;
  const leash = new Script('run()');
  const keep = () => {
    result = { value: run() };
  };
  leash.runInContext(createContext({ run: keep }), { timeout: msMax });
  if (result === undefined) throw new Error('Nothing ran.');
  return result.value;
}
