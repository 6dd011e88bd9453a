import { type Doc, isDoc } from '../bson/values.ts';

/** What an update's operators and paths alone decide: the same for every update of that shape, whatever its values. */
export type Shape = {
  /** Positions of the operations, which stand in the update's own order, in the order of their paths. */
  readonly order: readonly number[];
  readonly paths: readonly string[][];
  /** The top-level fields that it can change. */
  readonly fields: ReadonlySet<string>;
};

const SHAPES_MAX = 256;
/** Longer ones are not remembered. */
const KEY_LENGTH_MAX = 2_000;

/** Shapes of updates that have been found sound: programs send the same few again and again. */
const shapes = new Map<string, Shape>();

/** The operators and paths of an update as one text; undefined where it has anything that needs a closer look. */
export function computeShapeKey(update: Doc): string | undefined {
  let key = '';
  for (const [name, operands] of update) {
    if (!isDoc(operands)) return undefined;
    // With their number, so that a path that looks like an operator is not taken for one.
    key += `${name}\0${operands.size}\0`;
    for (const text of operands.keys()) key += `${text}\0`;
  }
  return key.length <= KEY_LENGTH_MAX ? key : undefined;
}

export function knownShape(key: string): Shape | undefined {
  return shapes.get(key);
}

export function rememberShape(key: string, shape: Shape): void {
  if (shapes.size >= SHAPES_MAX) shapes.clear();
  shapes.set(key, shape);
}
