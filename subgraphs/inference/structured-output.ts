import { createContext, Script } from 'node:vm';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { HeddleError } from '#schema/errors.ts';

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

const schemaBytesMax = 65_536;
const schemasMax = 500;

const compileMsMax = 500;
const validateMsMax = 100;

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

/**
 * Compiles answers' schemas, each once: they are kept by their text, at most 500. A fresh validator per schema, so
 * that schemas with the same $id do not meet. Remote references are refused; `format` is not asserted.
 */
export function createStructuredOutputs(): StructuredOutputs {
  const byText = new LRUCache<string, StructuredOutput>({ max: schemasMax });
  return {
    compile(schema) {
      if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
        throw new HeddleError('BAD_USER_INPUT', 'responseSchema must be a JSON Schema: an object.');
      }
      const text = JSON.stringify(schema);
      const known = byText.get(text);
      if (known !== undefined) return known;
      if (Buffer.byteLength(text) > schemaBytesMax) {
        throw new HeddleError('BAD_USER_INPUT', `responseSchema may have at most ${schemaBytesMax} bytes.`);
      }
      const compiled = compile({ ...schema }, text);
      byText.set(text, compiled);
      return compiled;
    },
  };
}

function compile(schema: Record<string, unknown>, text: string): StructuredOutput {
  const validate = validator(schema);
  const needsLeash = /"(pattern|patternProperties|uniqueItems)"/.test(text);
  return {
    schema,
    read(text) {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        return { problem: 'it is no JSON' };
      }
      try {
        if (needsLeash ? onLeash(() => validate(json), validateMsMax) : validate(json)) return { json };
      } catch {
        return { problem: 'checking it against the schema takes too long' };
      }
      const [first] = validate.errors ?? [];
      return { problem: `at ${first?.instancePath || 'its root'} it ${first?.message ?? 'does not fit'}` };
    },
  };
}

function validator(schema: Record<string, unknown>): ValidateFunction {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const draft = typeof schema.$schema === 'string' && schema.$schema.includes('draft-07');
  try {
    const make = () => (draft ? new Ajv(options) : new Ajv2020(options)).compile(schema);
    return onLeash(make, compileMsMax);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be compiled';
    throw new HeddleError('BAD_USER_INPUT', `responseSchema is no usable JSON Schema: ${why}.`, { cause });
  }
}
