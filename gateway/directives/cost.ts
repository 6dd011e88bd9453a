import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { HeddleError } from '#core/errors.ts';
import { tooCostly } from '../errors.ts';
import type { GatewayLimits } from '../limits.ts';
import type { ListSize, PolicyIndex } from './policy.ts';

/** How many objects a list holds: known, or the largest of a known number and the values of variables. */
type Size =
  | number
  | { readonly variables: readonly string[]; readonly known: number | undefined; readonly assumed: number };

/** Cost of a selection: `own` once, and each part as often as its size states. */
interface CostNode {
  readonly own: number;
  readonly parts: readonly { readonly size: Size; readonly of: CostNode }[];
}

export interface OperationCost {
  /** The static cost with these variables. */
  evaluate(variables: Readonly<Record<string, unknown>>): number;
  /** The field that costs most with these variables, and why. Compiled for each call: only a refusal needs it. */
  explain(variables: Readonly<Record<string, unknown>>): CostShare | undefined;
}

const rootWeights = { query: 0, mutation: 10, subscription: 10 } as const;

/** The number of objects with these variables. */
function evaluateSize(size: Size, variables: Readonly<Record<string, unknown>>): number {
  if (typeof size === 'number') return size;
  const given = size.variables.map((name) => variables[name]).filter((value) => typeof value === 'number');
  if (size.known !== undefined) given.push(size.known);
  return given.length === 0 ? size.assumed : Math.max(0, ...given);
}

/** What one field adds to the cost, without what is selected below it. */
interface FieldCost {
  readonly named: GraphQLNamedType;
  readonly weight: number;
  readonly isList: boolean;
  /** Of its own list, or of the fields that @listSize names. */
  readonly size: Size;
  readonly listSize: ListSize | undefined;
}

type MeasureField = (
  field: FieldNode,
  parent: GraphQLCompositeType,
  isRoot: boolean,
) => FieldCost | undefined;

function evaluateListSize(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  size: ListSize | undefined,
  assumed: number,
): Size {
  if (size === undefined) return assumed;
  const variables: string[] = [];
  const known: number[] = [];
  for (const name of size.slicingArguments) {
    const value = field.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.INT) known.push(Number(value.value));
    else if (value?.kind === Kind.VARIABLE) variables.push(value.name.value);
    const byDefault = definition.args.find((argument) => argument.name === name)?.defaultValue;
    if (value === undefined && typeof byDefault === 'number') known.push(byDefault);
  }
  const largest = known.length === 0 ? undefined : Math.max(0, ...known);
  const whenUnknown = size.assumedSize ?? assumed;
  if (variables.length > 0) return { variables, known: largest, assumed: whenUnknown };
  return largest ?? whenUnknown;
}

/**
 * Static cost after IBM's cost directive specification: an object costs 1, a leaf 0, a mutation's or subscription's
 * root field 10, or what @cost states of the field, its type or its arguments; a list costs as often as @listSize states.
 * Selections on several types are added up, conditions are ignored: the figure is an upper bound.
 */
export function compileCost(
  schema: GraphQLSchema,
  policy: PolicyIndex,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  limits: Pick<GatewayLimits, 'listSizeAssumed'>,
): OperationCost {
  const measure: MeasureField = (field, parent, isRoot) => {
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    if (definition === undefined) return undefined;
    const named: GraphQLNamedType = getNamedType(definition.type);
    const declared = policy.field(parent.name, field.name.value);
    const byKind = isCompositeType(named) ? 1 : 0;
    const weight =
      declared?.cost ??
      policy.typeCost(named.name) ??
      byKind + (isRoot ? rootWeights[operation.operation] : 0);
    const argumentsCost = (field.arguments ?? []).reduce(
      (sum, argument) => sum + (declared?.argumentCosts.get(argument.name.value) ?? 0),
      0,
    );
    return {
      named,
      weight: weight + argumentsCost,
      isList: isListType(getNullableType(definition.type)),
      size: evaluateListSize(field, definition, declared?.listSize, limits.listSizeAssumed),
      listSize: declared?.listSize,
    };
  };

  const compileField = (
    field: FieldNode,
    parent: GraphQLCompositeType,
    sizes: ReadonlyMap<string, Size>,
    isRoot: boolean,
  ): { readonly size: Size; readonly of: CostNode } | undefined => {
    const measured = measure(field, parent, isRoot);
    if (measured === undefined) return undefined;
    const { named, weight, isList, size: ownSize, listSize } = measured;
    const sizesBelow = new Map((listSize?.sizedFields ?? []).map((name) => [name, ownSize] as const));
    const selected =
      field.selectionSet === undefined || !isCompositeType(named)
        ? { own: 0, parts: [] }
        : compileSelections(field.selectionSet, named, sizesBelow, false);
    const size = isList ? (sizes.get(field.name.value) ?? ownSize) : 1;
    return { size, of: { own: weight + selected.own, parts: selected.parts } };
  };

  const compileSelections = (
    selectionSet: SelectionSetNode,
    parent: GraphQLCompositeType,
    sizes: ReadonlyMap<string, Size>,
    isRoot: boolean,
  ): CostNode => {
    let own = 0;
    const parts: { readonly size: Size; readonly of: CostNode }[] = [];
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const part = compileField(selection, parent, sizes, isRoot);
        if (part === undefined) continue;
        if (part.of.parts.length === 0 && typeof part.size === 'number') own += part.of.own * part.size;
        else parts.push(part);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : schema.getType(condition);
      if (!isCompositeType(type)) continue;
      const inner = compileSelections(fragment.selectionSet, type, sizes, isRoot);
      own += inner.own;
      parts.push(...inner.parts);
    }
    return { own, parts };
  };

  const root = schema.getRootType(operation.operation);
  const node: CostNode = root
    ? compileSelections(operation.selectionSet, root, new Map(), true)
    : { own: 0, parts: [] };
  const evaluate = (of: CostNode, variables: Readonly<Record<string, unknown>>): number =>
    of.parts.reduce(
      (sum, part) => sum + evaluateSize(part.size, variables) * evaluate(part.of, variables),
      of.own,
    );
  const explain = (variables: Readonly<Record<string, unknown>>): CostShare | undefined => {
    let most: CostShare | undefined;
    const walk = (
      selectionSet: SelectionSetNode,
      parent: GraphQLCompositeType,
      above: {
        path: readonly string[];
        lists: readonly ListFactor[];
        sized: ReadonlyMap<string, ListFactor>;
      },
    ): void => {
      for (const selection of selectionSet.selections) {
        if (selection.kind !== Kind.FIELD) {
          const fragment =
            selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          const condition = fragment?.typeCondition?.name.value;
          const type = condition === undefined ? parent : schema.getType(condition);
          if (fragment !== undefined && isCompositeType(type)) walk(fragment.selectionSet, type, above);
          continue;
        }
        const name = selection.name.value;
        const measured = measure(selection, parent, above.path.length === 0);
        if (measured === undefined) continue;
        const { named, weight, isList, listSize } = measured;
        const factor: ListFactor = {
          field: name,
          size: evaluateSize(measured.size, variables),
          slicingArguments: listSize?.slicingArguments ?? [],
        };
        const lists = isList ? [...above.lists, above.sized.get(name) ?? factor] : above.lists;
        const path = [...above.path, name];
        const cost = lists.reduce((product, { size }) => product * size, weight);
        if (most === undefined || cost > most.cost) most = { path, cost, lists };
        if (selection.selectionSet === undefined || !isCompositeType(named)) continue;
        const sized = new Map((listSize?.sizedFields ?? []).map((field) => [field, factor] as const));
        walk(selection.selectionSet, named, { path, lists, sized });
      }
    };
    if (root) walk(operation.selectionSet, root, { path: [], lists: [], sized: new Map() });
    return most;
  };
  const isConstant = (of: CostNode): boolean =>
    of.parts.every((part) => typeof part.size === 'number' && isConstant(part.of));
  if (isConstant(node)) {
    const constant = evaluate(node, {});
    return { evaluate: () => constant, explain };
  }
  return { evaluate: (variables) => evaluate(node, variables), explain };
}

/** One list on the way to a field. */
interface ListFactor {
  readonly field: string;
  readonly size: number;
  /** The arguments that set its size; none: it has the size that the schema assumes. */
  readonly slicingArguments: readonly string[];
}

/** What one field of an operation costs. */
export interface CostShare {
  /** The names of the fields that lead to it, as in the schema. */
  readonly path: readonly string[];
  readonly cost: number;
  /** The lists that it is in, from the outside in: it costs its weight as often as their sizes multiplied. */
  readonly lists: readonly ListFactor[];
}

/** The cost of the operation. Throws HeddleError GRAPH_COST_EXCEEDED where it is more than the limit. */
export function refuseCostlyOperation(
  cost: OperationCost,
  variables: Readonly<Record<string, unknown>>,
  limits: Pick<GatewayLimits, 'costMax'>,
): number {
  const value = cost.evaluate(variables);
  if (value > limits.costMax) throw refuseCost(value, limits.costMax, cost.explain(variables));
  return value;
}

/** Names the field that costs most, why, and what to request less of. */
function refuseCost(cost: number, costMax: number, share: CostShare | undefined): HeddleError {
  const total = `The operation costs up to ${cost}; ${costMax} is allowed.`;
  if (share === undefined) return tooCostly(`${total} Request smaller pages.`, { cost, costMax });
  const factors = share.lists.map(({ field, size }) => `${field} × ${size}`).join(', ');
  const sliced = share.lists.filter(({ slicingArguments }) => slicingArguments.length > 0);
  const largest = sliced.toSorted((a, b) => b.size - a.size)[0];
  const advice =
    largest === undefined
      ? 'Leave it out, or request it in an operation of its own.'
      : `Send a smaller ${largest.slicingArguments.join(' or ')} to ${largest.field}, or leave the field out.`;
  const why = factors === '' ? '' : ` (${factors})`;
  return tooCostly(`${total} ${share.path.join('.')} costs ${share.cost} of it${why}. ${advice}`, {
    cost,
    costMax,
    field: share.path.join('.'),
  });
}
