import {
  type DocumentNode,
  type FieldNode,
  Kind,
  print,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import { fragmentsOf } from './fragments.ts';

/** A document in which what stands under one key of one place is one field, and the keys that clients know it by. */
export interface DistinctDocument {
  readonly document: DocumentNode;
  /** The client's key for each key that is not. */
  readonly clientKeys: ReadonlyMap<string, string>;
}

const noKeys: ReadonlyMap<string, string> = new Map();

export function keyOf(field: FieldNode): string {
  return field.alias?.value ?? field.name.value;
}

/** The order of an input object's fields means nothing. */
function sorted(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(sorted) };
  if (value.kind !== Kind.OBJECT) return value;
  const fields = value.fields.map((field) => ({ ...field, value: sorted(field.value) }));
  return { ...value, fields: fields.sort((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}

/** Equal for fields that a selection merges: the same field with the same arguments (GraphQL spec, section 5.3.2). */
function signatureOf({ name, arguments: given = [] }: FieldNode): string {
  if (given.length === 0) return name.value;
  const texts = given.map((one) => `${one.name.value}:${print(sorted(one.value))}`);
  return `${name.value}(${texts.sort().join()})`;
}

const introspects = (name: string) => name.startsWith('__');

/** The keys under which different fields stand in one place, with those fields' signatures in the order they come. */
function ambiguousKeys(document: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const fragments = fragmentsOf(document);
  const ambiguous = new Map<string, Set<string>>();
  const inspect = (selectionSets: readonly SelectionSetNode[]): void => {
    /** What is selected below the fields, by their keys and signatures. */
    const selected = new Map<string, Map<string, SelectionSetNode[]>>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const key = keyOf(selection);
          const signature = signatureOf(selection);
          const bySignature = selected.get(key) ?? new Map<string, SelectionSetNode[]>();
          selected.set(key, bySignature);
          const below = bySignature.get(signature) ?? [];
          bySignature.set(signature, below);
          if (selection.selectionSet !== undefined && !introspects(selection.name.value))
            below.push(selection.selectionSet);
        } else {
          const fragment =
            selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          if (fragment !== undefined) collect(fragment.selectionSet);
        }
      }
    };
    for (const selectionSet of selectionSets) collect(selectionSet);
    for (const [key, bySignature] of selected) {
      if (bySignature.size > 1) {
        const signatures = ambiguous.get(key) ?? new Set();
        ambiguous.set(key, signatures);
        for (const signature of bySignature.keys()) signatures.add(signature);
      }
      for (const below of bySignature.values()) if (below.length > 0) inspect(below);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) inspect([definition.selectionSet]);
  }
  return ambiguous;
}

/**
 * Objects of different types that may stand in one place can be asked for different fields, or for one with different
 * arguments, under one key: `{ node { ... on A { x(n: 1) } ... on B { x(n: 2) } } }`. The planner joins what several
 * types ask of one subgraph and aborts the process over such a key, so each field gets a key of its own here. Takes a
 * valid document; one without such a key comes back as it is.
 */
export function withDistinctKeys(document: DocumentNode): DistinctDocument {
  const ambiguous = ambiguousKeys(document);
  if (ambiguous.size === 0) return { document, clientKeys: noKeys };
  const taken = new Set<string>();
  visit(document, { Field: (field) => void taken.add(keyOf(field)) });
  const clientKeys = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const [key, signatures] of ambiguous) {
    let count = 0;
    for (const signature of signatures) {
      let distinct = `${key}_${count++}`;
      while (taken.has(distinct)) distinct = `${key}_${count++}`;
      taken.add(distinct);
      clientKeys.set(distinct, key);
      keys.set(`${key}=${signature}`, distinct);
    }
  }
  const renamed = visit(document, {
    FragmentDefinition: ({ typeCondition }) => (introspects(typeCondition.name.value) ? false : undefined),
    Field: {
      enter: (field) =>
        introspects(field.name.value) && field.selectionSet !== undefined ? false : undefined,
      leave: (field) => {
        const key = keys.get(`${keyOf(field)}=${signatureOf(field)}`);
        return key === undefined ? undefined : { ...field, alias: { kind: Kind.NAME, value: key } };
      },
    },
  });
  return { document: renamed, clientKeys };
}
