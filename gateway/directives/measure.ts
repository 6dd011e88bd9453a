import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';
import { collectFragments } from '../document/selections.ts';
import { tooCostly } from '../errors.ts';
import type { GatewayLimits } from '../limits.ts';

interface Measure {
  /** Fields nested in fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
  /** Fields of the outermost level. */
  readonly breadth: number;
  /** Fields, fragments, directives, arguments and values. */
  readonly nodes: number;
  /** Selection sets nested in each other, those of fragments included. */
  readonly nesting: number;
}

const nothing: Measure = { depth: 0, aliases: 0, fields: 0, breadth: 0, nodes: 0, nesting: 0 };

/** Characters of a name; the longest of the schema has 30. */
const nameCharactersMax = 256;
/** Selection sets, values and types nested in each other, as deep as values of JSON. */
const nestingMax = 64;

function refuseLongName({ value }: NameNode): void {
  if (value.length > nameCharactersMax) {
    throw tooCostly(
      `A name in the document has ${value.length} characters; ${nameCharactersMax} are allowed.`,
    );
  }
}

function refuseNesting(levels: number): void {
  if (levels > nestingMax) {
    throw tooCostly(`The document nests fragments or values more than ${nestingMax} levels deep.`);
  }
}

function countValue(value: ValueNode, level = 1): number {
  refuseNesting(level);
  if (value.kind === Kind.LIST) {
    return value.values.reduce((sum, item) => sum + countValue(item, level + 1), 1);
  }
  if (value.kind === Kind.VARIABLE) refuseLongName(value.name);
  if (value.kind === Kind.ENUM && value.value.length > nameCharactersMax) {
    refuseLongName({ kind: Kind.NAME, value: value.value });
  }
  if (value.kind !== Kind.OBJECT) return 1;
  return value.fields.reduce((sum, field) => {
    refuseLongName(field.name);
    return sum + countValue(field.value, level + 1);
  }, 1);
}

function countArguments(given: readonly ArgumentNode[] = []): number {
  return given.reduce((sum, { name, value }) => {
    refuseLongName(name);
    return sum + 1 + countValue(value);
  }, 0);
}

function countDirectives(given: readonly DirectiveNode[] = []): number {
  return given.reduce((sum, directive) => {
    refuseLongName(directive.name);
    return sum + 1 + countArguments(directive.arguments);
  }, 0);
}

function refuseNestedType(type: TypeNode): void {
  let named = type;
  for (let level = 1; named.kind !== Kind.NAMED_TYPE; level++) {
    refuseNesting(level);
    named = named.type;
  }
  refuseLongName(named.name);
}

/** Measures each fragment once, so that fragments which use each other many times cost no time. */
class Measurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Measure>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments;
  }

  measure(selectionSet: SelectionSetNode, level = 1): Measure {
    refuseNesting(level);
    let depth = 0;
    let aliases = 0;
    let fields = 0;
    let breadth = 0;
    let nodes = 0;
    let nesting = 0;
    for (const selection of selectionSet.selections) {
      nodes += 1 + countDirectives(selection.directives);
      if (selection.kind === Kind.FIELD) {
        refuseLongName(selection.name);
        if (selection.alias !== undefined) refuseLongName(selection.alias);
        const introspects = selection.name.value === '__schema' || selection.name.value === '__type';
        const below =
          selection.selectionSet === undefined ? nothing : this.measure(selection.selectionSet, level + 1);
        // Introspection nests deeply by nature; validation bounds how often it may go around.
        depth = Math.max(depth, introspects ? 1 : below.depth + 1);
        aliases += below.aliases + (selection.alias === undefined ? 0 : 1);
        fields += below.fields + 1;
        breadth += 1;
        nodes += below.nodes + countArguments(selection.arguments);
        nesting = Math.max(nesting, below.nesting);
        continue;
      }
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? this.measure(selection.selectionSet, level + 1)
          : this.#fragment(selection.name, level + 1);
      if (selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition !== undefined) {
        refuseLongName(selection.typeCondition.name);
      }
      depth = Math.max(depth, inner.depth);
      aliases += inner.aliases;
      fields += inner.fields;
      breadth += inner.breadth;
      nodes += inner.nodes;
      nesting = Math.max(nesting, inner.nesting);
    }
    refuseNesting(nesting + 1);
    return { depth, aliases, fields, breadth, nodes, nesting: nesting + 1 };
  }

  #fragment(name: NameNode, level: number): Measure {
    refuseLongName(name);
    const known = this.#measured.get(name.value);
    if (known !== undefined) return known;
    // A fragment that uses itself finds this and ends; validation refuses it.
    this.#measured.set(name.value, nothing);
    const fragment = this.#fragments.get(name.value);
    if (fragment === undefined) return nothing;
    refuseLongName(fragment.typeCondition.name);
    const measured = this.measure(fragment.selectionSet, level);
    this.#measured.set(name.value, measured);
    return measured;
  }
}

function countVariables({ variableDefinitions = [] }: OperationDefinitionNode): number {
  for (const { variable, type, defaultValue, directives } of variableDefinitions) {
    refuseLongName(variable.name);
    refuseNestedType(type);
    if (defaultValue !== undefined) countValue(defaultValue);
    countDirectives(directives);
  }
  return variableDefinitions.length;
}

/**
 * Refuses a document that is too deep, too broad, uses too many aliases or has too many parts, before anything
 * expensive looks at it. Throws HeddleError GRAPH_COST_EXCEEDED.
 */
export function refuseOutsizedDocument(document: DocumentNode, limits: GatewayLimits): void {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const definitions = document.definitions.length - operations.length;
  refuse([
    ['has operations', operations.length, limits.operationsMax],
    ['has fragments', definitions, limits.fragmentsMax],
    ['declares variables', Math.max(0, ...operations.map(countVariables)), limits.variablesMax],
  ]);
  const fragments = collectFragments(document);
  const measurer = new Measurer(fragments);
  const measures = operations.map(({ name, directives, selectionSet }) => {
    if (name !== undefined) refuseLongName(name);
    countDirectives(directives);
    return measurer.measure(selectionSet);
  });
  // Fragments that no operation uses are validated too, so they are measured too.
  const all = [
    ...measures,
    ...[...fragments.values()].map(({ selectionSet }) => measurer.measure(selectionSet)),
  ];
  const largest = (measures: readonly Measure[], what: keyof Measure) =>
    measures.reduce((most, measure) => Math.max(most, measure[what]), 0);
  // Each operation is prepared with its fragments written out: many small ones with a large fragment are large together.
  const total = (what: keyof Measure) =>
    Math.max(
      largest(all, what),
      measures.reduce((sum, measure) => sum + measure[what], 0),
    );
  refuse([
    ['nests fields', largest(all, 'depth'), limits.depthMax],
    ['uses aliases', largest(all, 'aliases'), limits.aliasesMax],
    ['requests fields', total('fields'), limits.fieldsMax],
    ['requests fields at its root', largest(measures, 'breadth'), limits.rootFieldsMax],
    ['has fields, arguments and values', total('nodes'), limits.tokensMax],
  ]);
}

function refuse(counted: readonly (readonly [what: string, count: number, max: number])[]): void {
  for (const [what, count, max] of counted) {
    if (count > max) throw tooCostly(`The document ${what} ${count} times; ${max} are allowed.`);
  }
}
