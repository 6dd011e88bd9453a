/**
 * The thread of a JsonSchemas: compiles schemas and checks texts with them, one at a time. What it works on came from
 * outside and may take for ever: a TaskThread ends the thread then.
 */

import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { expectError } from '../expect-error.ts';
import { isNestedTooDeep, jsonDepthMax } from '../json/json-depth.ts';
import { serveTasks } from '../threads/serve-tasks.ts';

/** `value`: JSON text to be checked; without it the schema is only compiled. */
export interface SchemaTask {
  readonly schema: string;
  readonly value?: string;
}

/** Why a schema is refused. */
export interface SchemaRefusal {
  /** For programs: `extensions.reason` of the error. */
  readonly reason: 'SCHEMA_INVALID' | 'SCHEMA_TOO_COSTLY';
  readonly why: string;
}

/** Whether the schema is of no use; otherwise what is wrong with the value, null: nothing. */
export type SchemaVerdict = { readonly refusal: SchemaRefusal } | { readonly problem: string | null };

const tooCostly: SchemaRefusal = {
  reason: 'SCHEMA_TOO_COSTLY',
  why: 'compiling it, or checking an answer against it, takes too long',
};

type Draft = 'draft-07' | '2020-12';

/** Ajv, and how many schemas it may still compile: it keeps a little of each. */
interface Compiler {
  readonly ajv: Ajv | Ajv2020;
  left: number;
}

const schemasPerCompiler = 200;
const validatorsMax = 500;
const messageCharsMax = 300;

const compilers = new Map<Draft, Compiler>();
const validators = new LRUCache<string, ValidateFunction>({ max: validatorsMax });

function createCompiler(draft: Draft): Compiler {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const ajv = draft === 'draft-07' ? new Ajv(options) : new Ajv2020(options);
  // The first compilation makes the validator of schemas, which is no fault of the schema that comes first.
  ajv.compile({});
  return { ajv, left: schemasPerCompiler };
}

function compile(text: string): ValidateFunction {
  const schema: Record<string, unknown> = JSON.parse(text);
  const draft =
    typeof schema.$schema === 'string' && schema.$schema.includes('draft-07') ? 'draft-07' : '2020-12';
  const shared = compilers.get(draft);
  // A name stays known to Ajv, so whatever has one is compiled where nothing else is.
  const named = text.includes('"$id"');
  const compiler = named || shared === undefined || shared.left === 0 ? createCompiler(draft) : shared;
  if (!named) compilers.set(draft, compiler);
  compiler.left -= 1;
  try {
    const validate = compiler.ajv.compile(schema);
    compiler.ajv.removeSchema(schema);
    return validate;
  } catch (error) {
    compilers.delete(draft);
    throw error;
  }
}

function findValidator(text: string): ValidateFunction {
  const known = validators.get(text);
  if (known !== undefined) return known;
  const validate = compile(text);
  validators.set(text, validate);
  return validate;
}

/** What is wrong with the text, null: nothing. Throws where the schema refers to itself without an end. */
function check(validate: ValidateFunction, text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return 'it is no JSON';
  }
  if (isNestedTooDeep(text)) return `it is nested deeper than ${jsonDepthMax} levels`;
  if (validate(value)) return null;
  const [first] = validate.errors ?? [];
  const place = (first?.instancePath || 'its root').slice(0, messageCharsMax);
  return `at ${place} it ${(first?.message ?? 'does not fit').slice(0, messageCharsMax)}`;
}

function judge({ schema, value }: SchemaTask): SchemaVerdict {
  let validate: ValidateFunction;
  try {
    validate = findValidator(schema);
  } catch (error) {
    if (error instanceof RangeError) return { refusal: tooCostly };
    const why = error instanceof Error ? error.message : 'it cannot be compiled';
    return { refusal: { reason: 'SCHEMA_INVALID', why: why.slice(0, messageCharsMax) } };
  }
  try {
    return { problem: value === undefined ? null : check(validate, value) };
  } catch {
    // Any error: a schema that refers to itself without an end overflows the stack, at any place.
    return { refusal: tooCostly };
  }
}

compilers.set('2020-12', createCompiler('2020-12'));
serveTasks(judge);
