import { type Context, createContext, Script } from 'node:vm';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { HeddleError } from './errors.ts';

const bytesMax = 65_536;
const compileMsMax = 500;
const validateMsMax = 100;
const schemasPerCompiler = 200;
/** What can take time out of proportion to schema and value: patterns, comparisons of all with all, references that branch. */
const needsLeash = /"(pattern|patternProperties|uniqueItems|\$(ref|dynamicRef|recursiveRef))"/;

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
 * Compiles a schema (2020-12, or draft-07 where `$schema` says so). Schemas know nothing of each other. References to other documents are refused; `format` is not asserted. BAD_USER_INPUT tells what
 * is wrong with `field`. Costs milliseconds: keep what it answers.
 */
export function compileJsonSchema(text: string, field: string): JsonSchema {
  const schema: Record<string, unknown> = JSON.parse(text);
  const validate = validator(schema, text, field);
  return {
    schema,
    text,
    problemOf(value) {
      try {
        if (needsLeash.test(text) ? onLeash(() => validate(value), validateMsMax) : validate(value)) {
          return null;
        }
      } catch {
        return 'checking it against the schema takes too long';
      }
      const [first] = validate.errors ?? [];
      return `at ${first?.instancePath || 'its root'} it ${first?.message ?? 'does not fit'}`;
    },
  };
}

/** Ajv, and how many schemas it may still compile: it keeps a little of each. */
interface Compiler {
  readonly ajv: Ajv | Ajv2020;
  left: number;
}

const compilers = new Map<'draft-07' | '2020-12', Compiler>();

function newCompiler(draft: 'draft-07' | '2020-12'): Compiler {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const ajv = draft === 'draft-07' ? new Ajv(options) : new Ajv2020(options);
  // The first compilation makes the validator of schemas, which takes 16 ms and is no fault of the schema that comes first.
  ajv.compile({});
  return { ajv, left: schemasPerCompiler };
}

function validator(schema: Record<string, unknown>, text: string, field: string): ValidateFunction {
  const draft =
    typeof schema.$schema === 'string' && schema.$schema.includes('draft-07') ? 'draft-07' : '2020-12';
  const shared = compilers.get(draft);
  // A name stays known to Ajv, so whatever has one is compiled where nothing else is.
  const named = text.includes('"$id"');
  const compiler = named || shared === undefined || shared.left === 0 ? newCompiler(draft) : shared;
  if (!named) compilers.set(draft, compiler);
  compiler.left -= 1;
  try {
    const validate = onLeash(() => compiler.ajv.compile(schema), compileMsMax);
    compiler.ajv.removeSchema(schema);
    return validate;
  } catch (cause) {
    compilers.delete(draft);
    const why = cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be compiled';
    throw new HeddleError('BAD_USER_INPUT', `${field} is no usable JSON Schema: ${why}.`, { cause });
  }
}

const held = { run(): void {} };
const leash = new Script('run()');
let context: Context | undefined;

/** Runs foreign patterns and schemas on a leash: they could keep the process busy for hours. Costs a thread for its time. */
function onLeash<T>(run: () => T, msMax: number): T {
  let result: { readonly value: T } | undefined;
  context ??= createContext(held);
  held.run = () => {
    result = { value: run() };
  };
  leash.runInContext(context, { timeout: msMax });
  if (result === undefined) throw new Error('Nothing ran.');
  return result.value;
}
