import { type Doc, isDoc, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { isNullish } from '../operators/operands.ts';
import { perDocument, type Stage } from '../stream.ts';

function parseUnwind(spec: Value): { path: string; indexField: string | undefined; preserve: boolean } {
  if (typeof spec === 'string') return { path: spec, indexField: undefined, preserve: false };
  if (!isDoc(spec)) {
    throw new CommandError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(spec)}`,
    );
  }
  for (const key of spec.keys()) {
    if (!['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'].includes(key)) {
      throw new CommandError(28811, `unrecognized option to $unwind stage: ${key}`);
    }
  }
  const path = spec.get('path');
  if (path === undefined) throw new CommandError(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string')
    throw new CommandError(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  const preserve = spec.get('preserveNullAndEmptyArrays') ?? false;
  if (typeof preserve !== 'boolean') {
    throw new CommandError(
      28809,
      `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(preserve)}`,
    );
  }
  const indexField = spec.get('includeArrayIndex');
  if (indexField !== undefined && (typeof indexField !== 'string' || indexField === '')) {
    throw new CommandError(
      28810,
      'expected a non-empty string for the includeArrayIndex  option to $unwind stage',
    );
  }
  if (indexField?.startsWith('$')) {
    throw new CommandError(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${indexField}`,
    );
  }
  return { path, indexField, preserve };
}

/** `$unwind`: a document for each element; a value that is no array counts as an array of itself. */
export function compileUnwind(spec: Value): Stage {
  const { path, indexField, preserve } = parseUnwind(spec);
  if (!path.startsWith('$') || path === '$') {
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  }
  const parts = path.slice(1).split('.');
  const withIndex = (doc: Doc, index: bigint | null): Doc =>
    indexField === undefined ? doc : put(doc, indexField.split('.'), 0, index);
  return perDocument(function* (doc) {
    const value = at(doc, parts);
    if (!Array.isArray(value)) {
      if (!isNullish(value) || preserve) yield withIndex(doc, null);
      return;
    }
    if (value.length === 0 && preserve) yield withIndex(put(doc, parts, 0, undefined), null);
    for (const [index, item] of value.entries()) {
      yield withIndex(put(doc, parts, 0, item), BigInt(index));
    }
  });
}

function at(doc: Doc, parts: string[]): Value | undefined {
  let value: Value | undefined = doc;
  for (const part of parts) {
    if (!(value instanceof Map)) return undefined;
    value = value.get(part);
  }
  return value;
}

function put(doc: Doc, parts: string[], index: number, value: Value | undefined): Doc {
  const result = new Map(doc);
  const name = parts[index]!;
  if (index < parts.length - 1) {
    const inner = doc.get(name);
    result.set(name, put(inner instanceof Map ? inner : new Map(), parts, index + 1, value));
  } else if (value === undefined) result.delete(name);
  else result.set(name, value);
  return result;
}
