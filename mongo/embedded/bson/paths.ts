import type { Doc, Value } from './values.ts';

/** A dotted path, split once. */
export type Path = readonly string[];

export function splitPath(path: string): Path {
  return path.split('.');
}

/** The array index that a path component stands for ("0", "12", not "01"), or -1. */
export function indexOfPart(part: string): number {
  return /^(?:0|[1-9]\d{0,9})$/.test(part) ? Number(part) : -1;
}

/**
 * Called with each value that a query path reaches; `undefined` means that the path is missing there. `index` is the
 * position in the outermost array that was walked through, or -1. Returning true ends the walk.
 */
export type Visit = (value: Value | undefined, index: number) => boolean;

/**
 * Walks a document as the server's matcher does: arrays on the way are walked through implicitly (their documents
 * only), numeric components also pick an element. With `expandLeaf` an array at the end yields its elements and then
 * itself. Returns whether a visit returned true.
 */
export function walkPath(doc: Doc, path: Path, expandLeaf: boolean, visit: Visit): boolean {
  return walkDoc(doc, path, 0, expandLeaf, visit, -1);
}

function walkDoc(
  doc: Doc,
  path: Path,
  at: number,
  expandLeaf: boolean,
  visit: Visit,
  outer: number,
): boolean {
  const value = doc.get(path[at]!);
  if (at === path.length - 1) {
    if (!expandLeaf || !Array.isArray(value)) return visit(value, outer);
    for (let index = 0; index < value.length; index++) {
      if (visit(value[index], outer < 0 ? index : outer)) return true;
    }
    return visit(value, outer);
  }
  if (value instanceof Map) return walkDoc(value, path, at + 1, expandLeaf, visit, outer);
  if (Array.isArray(value)) return walkArray(value, path, at + 1, expandLeaf, visit, outer);
  return visit(undefined, outer);
}

function walkArray(
  items: Value[],
  path: Path,
  at: number,
  expandLeaf: boolean,
  visit: Visit,
  outer: number,
): boolean {
  const wanted = indexOfPart(path[at]!);
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    const position = outer < 0 ? index : outer;
    if (item instanceof Map && walkDoc(item, path, at, expandLeaf, visit, position)) return true;
    if (index !== wanted) continue;
    // an explicit position is no array walked through: it does not count for `$`
    if (at === path.length - 1) {
      if (visit(item, outer)) return true;
    } else if (item instanceof Map) {
      if (walkDoc(item, path, at + 1, expandLeaf, visit, outer)) return true;
    } else if (Array.isArray(item) && walkArray(item, path, at + 1, expandLeaf, visit, outer)) return true;
  }
  return false;
}

/** The value at a path through documents and array positions only; undefined when missing. */
export function getPath(doc: Doc, path: Path): Value | undefined {
  let value: Value | undefined = doc;
  for (const part of path) {
    if (value instanceof Map) value = value.get(part);
    else if (Array.isArray(value)) {
      const index = indexOfPart(part);
      value = index < 0 ? undefined : value[index];
    } else return undefined;
  }
  return value;
}
