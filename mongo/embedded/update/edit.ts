import { identicalValues } from '../bson/identical.ts';
import { indexOfPart } from '../bson/paths.ts';
import { show } from '../bson/show.ts';
import type { Doc, Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Modifier, ModifierContext } from './modifier.ts';

/** Positions that one update may add to an array, as in the server. */
const PADDING_MAX = 1_500_000;

/** Applies modifiers to a document, copying each container on its first change, so that the original stays. */
export class Editor {
  root: Doc;
  readonly #own = new Set<Doc | Value[]>();

  constructor(doc: Doc) {
    this.root = doc;
  }

  apply(path: readonly string[], modifier: Modifier, context: ModifierContext): void {
    this.root = this.#inDoc(this.root, path, 0, modifier, context);
  }

  #inDoc(doc: Doc, path: readonly string[], at: number, modifier: Modifier, context: ModifierContext): Doc {
    const name = path[at]!;
    const old = doc.get(name);
    const next = this.#next(old, path, at, modifier, context);
    if (next === old || identicalValues(next, old)) return doc;
    let copy = doc;
    if (!this.#own.has(doc)) {
      copy = new Map(doc);
      this.#own.add(copy);
    }
    if (next === undefined) copy.delete(name);
    else copy.set(name, next);
    return copy;
  }

  #inArray(
    items: Value[],
    path: readonly string[],
    at: number,
    modifier: Modifier,
    context: ModifierContext,
  ): Value[] {
    const name = path[at]!;
    const index = indexOfPart(name);
    if (index < 0) {
      if (!modifier.creates) return items;
      throw notViable(name, path[at - 1]!, items);
    }
    const old = items[index];
    const next = this.#next(old, path, at, modifier, context);
    if (next === old || identicalValues(next, old)) return items;
    if (index - items.length > PADDING_MAX) {
      throw new CommandError('CannotBackfillArray', `can't backfill more than ${PADDING_MAX} elements`);
    }
    let copy = items;
    if (!this.#own.has(items)) {
      copy = items.slice();
      this.#own.add(copy);
    }
    while (copy.length < index) copy.push(null);
    // an element that is unset leaves its place
    copy[index] = next ?? null;
    return copy;
  }

  #next(
    old: Value | undefined,
    path: readonly string[],
    at: number,
    modifier: Modifier,
    context: ModifierContext,
  ): Value | undefined {
    if (at === path.length - 1)
      return old === undefined && !modifier.creates ? undefined : modifier.apply(old, context);
    if (old instanceof Map) return this.#inDoc(old, path, at + 1, modifier, context);
    if (Array.isArray(old)) return this.#inArray(old, path, at + 1, modifier, context);
    if (!modifier.creates) return old;
    if (old !== undefined) throw notViable(path[at + 1]!, path[at]!, old);
    return this.#inDoc(new Map(), path, at + 1, modifier, context);
  }
}

function notViable(name: string, parent: string, value: Value): CommandError {
  return new CommandError(
    'PathNotViable',
    `Cannot create field '${name}' in element {${parent}: ${show(value)}}`,
  );
}
