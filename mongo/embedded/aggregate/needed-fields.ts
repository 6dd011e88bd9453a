import { isDoc, type Value } from '../bson/values.ts';
import { fieldsRead } from '../query/ast.ts';
import { parseFilter } from '../query/parse.ts';
import { compileProjection } from '../query/projection.ts';

/** Reads of the whole document, or of fields that no string names. */
const READS_ALL = new Set(['$getField', '$setField']);

/** Adds the top-level fields that expressions in a value name; false when they may read any. */
function collect(value: Value, into: Set<string>): boolean {
  if (typeof value === 'string') {
    if (value.startsWith('$$')) return !/^\$\$(?:ROOT|CURRENT)(?:\.|$)/.test(value);
    if (value.startsWith('$')) into.add(value.slice(1).split('.')[0]!);
    return true;
  }
  if (Array.isArray(value)) return value.every((item) => collect(item, into));
  if (!isDoc(value)) return true;
  for (const [name, item] of value) {
    if (READS_ALL.has(name) || !collect(item, into)) return false;
  }
  return true;
}

const names = (spec: Value, into: Set<string>): boolean => {
  for (const name of isDoc(spec) ? spec.keys() : []) into.add(name.split('.')[0]!);
  return true;
};

/**
 * The top-level fields of its input that a pipeline needs, or null when it may need any: what a scan has to decode.
 * Goes through the stages up to the first that makes documents of its own.
 */
export function neededFields(stages: readonly (readonly [name: string, spec: Value])[]): Set<string> | null {
  const fields = new Set<string>();
  for (const [name, spec] of stages) {
    switch (name) {
      case '$match':
        if (!isDoc(spec) || fieldsRead(parseFilter(spec), fields) === null) {
          if (!isDoc(spec) || !collect(spec, fields)) return null;
          names(spec, fields);
          if ([...fields].some((field) => field.startsWith('$') && field !== '$expr')) return null;
        }
        break;
      case '$sort':
        names(spec, fields);
        break;
      case '$addFields':
      case '$set':
        if (!collect(spec, fields)) return null;
        names(spec, fields);
        break;
      case '$unwind':
        if (!collect(isDoc(spec) ? (spec.get('path') ?? null) : spec, fields)) return null;
        break;
      case '$limit':
      case '$skip':
      case '$unset':
        break;
      case '$project': {
        if (!isDoc(spec) || !collect(spec, fields)) return null;
        if (!compileProjection(spec, { stage: true, vars: new AnyVariable() }).inclusive) break;
        names(spec, fields);
        fields.add('_id');
        return fields;
      }
      case '$group':
      case '$sortByCount':
      case '$replaceRoot':
      case '$replaceWith':
        return collect(spec, fields) ? fields : null;
      case '$count':
        return fields;
      default:
        return null;
    }
  }
  return null;
}

/** Variables do not matter for what kind a projection is. */
class AnyVariable extends Map<string, { value: Value | undefined }> {
  override get(_name: string): { value: Value | undefined } {
    return { value: undefined };
  }
}
