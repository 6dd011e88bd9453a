import { decimalToString, unpack } from '../bson/decimal.ts';
import {
  Binary,
  Decimal128,
  type Doc,
  Int32,
  isDoc,
  isNumeric,
  typeName,
  type Value,
} from '../bson/values.ts';
import { CommandError } from '../errors.ts';

/** Reads the fields of one command's document with the server's messages for a wrong type. */
export class CommandFields {
  readonly doc: Doc;
  readonly #command: string;

  constructor(doc: Doc, command: string) {
    this.doc = doc;
    this.#command = command;
  }

  get(name: string): Value | undefined {
    const value = this.doc.get(name);
    return value === null ? undefined : value;
  }

  document(name: string): Doc | undefined {
    const value = this.get(name);
    if (value === undefined || isDoc(value)) return value;
    throw this.#wrong(name, value, "'object'");
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#wrong(name, value, "'string'");
  }

  array(name: string): Value[] | undefined {
    const value = this.get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.#wrong(name, value, "'array'");
  }

  documents(name: string): Doc[] | undefined {
    return this.array(name)?.map((entry, index) => {
      if (isDoc(entry)) return entry;
      throw this.#wrong(`${name}.${index}`, entry, "'object'");
    });
  }

  /** Booleans; numbers count as booleans, as on the server. */
  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (isNumeric(value)) return toPlainNumber(value) !== 0;
    throw this.#wrong(name, value, "'[bool, long, int, decimal, double']");
  }

  /** A whole number that may not be negative. */
  count(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined) return undefined;
    const whole = Math.trunc(value);
    if (whole < 0) throw notNegative(name, whole);
    return whole;
  }

  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!isNumeric(value)) throw this.#wrong(name, value, "'[long, int, decimal, double']");
    const number = toPlainNumber(value);
    if (!Number.isFinite(number)) throw new CommandError('BadValue', `${name} must be a finite number`);
    return number;
  }

  required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new CommandError(40414, `BSON field '${this.#command}.${name}' is missing but a required field`);
  }

  #wrong(name: string, value: Value, expected: string): CommandError {
    return new CommandError(
      'TypeMismatch',
      `BSON field '${this.#command}.${name}' is the wrong type '${typeName(value)}', expected type ${expected}`,
    );
  }
}

function notNegative(name: string, value: number): CommandError {
  return new CommandError(51024, `BSON field '${name}' value must be >= 0, actual value '${value}'`);
}

/** A numeric value as a JavaScript number. */
export function toPlainNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Int32) return value.value;
  return value instanceof Decimal128 ? Number(decimalToString(unpack(value))) : Number.NaN;
}

/** The bytes of a session id, as a text that can be a key. */
export function lsidKey(lsid: Doc): string {
  const id = lsid.get('id');
  if (!(id instanceof Binary) || id.subtype !== 4 || id.bytes.length !== 16) {
    throw new CommandError('InvalidUUID', 'uuid must be a 16-byte binary field with UUID (4) subtype');
  }
  return Buffer.from(id.bytes).toString('latin1');
}
