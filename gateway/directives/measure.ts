import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { tooCostly } from '../errors.ts';
import { fragmentsOf } from '../execution/fragments.ts';
import type { GatewayLimits } from '../limits.ts';

interface Measure {
  /** Fields nested in fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
  /** Fields of the outermost level. */
  readonly breadth: number;
}

const nothing: Measure = { depth: 0, aliases: 0, fields: 0, breadth: 0 };

/** Measures each fragment once, so that fragments which use each other many times cost no time. */
class Measurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Measure>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments;
  }

  measure(selectionSet: SelectionSetNode): Measure {
    let depth = 0;
    let aliases = 0;
    let fields = 0;
    let breadth = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const introspects = selection.name.value === '__schema' || selection.name.value === '__type';
        const below = selection.selectionSet === undefined ? nothing : this.measure(selection.selectionSet);
        // Introspection nests deeply by nature; validation bounds how often it may go around.
        depth = Math.max(depth, introspects ? 1 : below.depth + 1);
        aliases += below.aliases + (selection.alias === undefined ? 0 : 1);
        fields += below.fields + 1;
        breadth += 1;
        continue;
      }
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? this.measure(selection.selectionSet)
          : this.#fragment(selection.name.value);
      depth = Math.max(depth, inner.depth);
      aliases += inner.aliases;
      fields += inner.fields;
      breadth += inner.breadth;
    }
    return { depth, aliases, fields, breadth };
  }

  #fragment(name: string): Measure {
    const known = this.#measured.get(name);
    if (known !== undefined) return known;
    // A fragment that uses itself finds this and ends; validation refuses it.
    this.#measured.set(name, nothing);
    const fragment = this.#fragments.get(name);
    const measured = fragment === undefined ? nothing : this.measure(fragment.selectionSet);
    this.#measured.set(name, measured);
    return measured;
  }
}

/**
 * Refuses a document that is too deep, too broad or uses too many aliases, before anything expensive looks at it.
 * Throws HeddleError GRAPH_COST_EXCEEDED.
 */
export function refuseOutsizedDocument(document: DocumentNode, limits: GatewayLimits): void {
  const fragments = fragmentsOf(document);
  const measurer = new Measurer(fragments);
  const asked = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [measurer.measure(definition.selectionSet)] : [],
  );
  // Fragments that no operation uses are validated too, so they are measured too.
  const all = [
    ...asked,
    ...[...fragments.values()].map(({ selectionSet }) => measurer.measure(selectionSet)),
  ];
  const largest = (measures: readonly Measure[], what: keyof Measure) =>
    measures.reduce((most, measure) => Math.max(most, measure[what]), 0);
  // Each operation is prepared with its fragments written out: many small ones with a large fragment are large together.
  const fields = Math.max(
    largest(all, 'fields'),
    asked.reduce((sum, measure) => sum + measure.fields, 0),
  );
  for (const [what, value, max] of [
    ['nests fields', largest(all, 'depth'), limits.depthMax],
    ['uses aliases', largest(all, 'aliases'), limits.aliasesMax],
    ['asks for fields', fields, limits.fieldsMax],
    ['asks for fields at its root', largest(asked, 'breadth'), limits.rootFieldsMax],
  ] as const) {
    if (value > max) throw tooCostly(`The document ${what} ${value} times; ${max} are allowed.`);
  }
}
