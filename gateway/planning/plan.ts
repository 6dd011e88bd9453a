import type {
  EntityBatchAlias,
  FetchNode,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode,
  QueryPlan,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import { type DocumentNode, parse } from 'graphql';

/** One step from an object to what lies below it. */
export type PathStep =
  | { readonly kind: 'field'; readonly key: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'type'; readonly names: readonly string[] };

export type Rewrite =
  | { readonly kind: 'set'; readonly path: readonly RewriteStep[]; readonly value: string }
  | { readonly kind: 'rename'; readonly path: readonly RewriteStep[]; readonly to: string };

export type RewriteStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'type'; readonly names: readonly string[] };

/** An operation for one subgraph, parsed once for as long as the plan is kept. */
export interface Fetch {
  readonly subgraph: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: readonly string[];
  readonly outputRewrites: readonly Rewrite[];
  /** Response keys of the root, where an error without a path belongs. */
  readonly rootKeys: readonly string[];
}

/** Entities to be fetched together under one alias of `_entities`. */
export interface EntityGroup {
  /** The response key of `_entities`. */
  readonly key: string;
  readonly variable: string;
  readonly paths: readonly (readonly PathStep[])[];
  readonly requires: readonly RequiresSelection[];
  readonly inputRewrites: readonly Rewrite[];
  readonly outputRewrites: readonly Rewrite[];
}

export type Step =
  | { readonly kind: 'sequence' | 'parallel'; readonly steps: readonly Step[] }
  | { readonly kind: 'root'; readonly fetch: Fetch }
  | { readonly kind: 'entities'; readonly fetch: Fetch; readonly groups: readonly EntityGroup[] };

export interface ExecutionPlan {
  /** Where a subscription's events come from. */
  readonly source: Fetch | undefined;
  /** The program for a query or mutation, or for each event of a subscription. */
  readonly step: Step | undefined;
}

function toPath(path: readonly FlattenNodePathSegment[]): PathStep[] {
  return path.map((segment) => {
    if (segment === '@') return { kind: 'list' };
    if ('Field' in segment) return { kind: 'field', key: segment.Field };
    return { kind: 'type', names: segment.TypeCondition };
  });
}

function toRewrites(rewrites: readonly FetchRewrite[] | undefined): Rewrite[] {
  return (rewrites ?? []).map((rewrite) => {
    const steps = (path: readonly ({ TypenameEquals: string[] } | { Key: string })[]): RewriteStep[] =>
      path.map((step) =>
        'Key' in step ? { kind: 'key', key: step.Key } : { kind: 'type', names: step.TypenameEquals },
      );
    if ('KeyRenamer' in rewrite) {
      return { kind: 'rename', path: steps(rewrite.KeyRenamer.path), to: rewrite.KeyRenamer.renameKeyTo };
    }
    const setter = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite;
    return { kind: 'set', path: steps(setter.path), value: setter.setValueTo };
  });
}

function toFetch(node: Omit<FetchNode, 'kind' | 'requires' | 'inputRewrites'>): Fetch {
  const document = parse(node.operation, { noLocation: true });
  const operation = document.definitions.find((definition) => definition.kind === 'OperationDefinition');
  return {
    subgraph: node.serviceName,
    document,
    operationName: node.operationName ?? undefined,
    variables: node.variableUsages ?? [],
    outputRewrites: toRewrites(node.outputRewrites),
    rootKeys: (operation?.selectionSet.selections ?? []).flatMap((selection) =>
      selection.kind === 'Field' ? [selection.alias?.value ?? selection.name.value] : [],
    ),
  };
}

function toGroup(alias: EntityBatchAlias): EntityGroup {
  return {
    key: alias.alias,
    variable: alias.representationsVariableName,
    paths: alias.paths.map(toPath),
    requires: alias.requires,
    inputRewrites: toRewrites(alias.inputRewrites),
    outputRewrites: toRewrites(alias.outputRewrites),
  };
}

/** A plan node in the form in which it runs. `at` is the path of the Flatten around it. */
function toStep(node: PlanNode, at: readonly FlattenNodePathSegment[] | undefined): Step {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel': {
      const kind = node.kind === 'Sequence' ? 'sequence' : 'parallel';
      return { kind, steps: node.nodes.map((child) => toStep(child, at)) };
    }
    case 'Flatten':
      return toStep(node.node, [...(at ?? []), ...node.path]);
    case 'Fetch': {
      if (at === undefined) return { kind: 'root', fetch: toFetch(node) };
      const { outputRewrites: _, ...rest } = node;
      const group: EntityGroup = {
        key: '_entities',
        variable: 'representations',
        paths: [toPath(at)],
        requires: node.requires ?? [],
        inputRewrites: toRewrites(node.inputRewrites),
        outputRewrites: toRewrites(node.outputRewrites),
      };
      return { kind: 'entities', fetch: toFetch(rest), groups: [group] };
    }
    case 'BatchFetch':
      return { kind: 'entities', fetch: toFetch(node), groups: node.entityBatch.aliases.map(toGroup) };
    default:
      throw new Error(`The query planner made a ${node.kind} node where none can run.`);
  }
}

/** Turns the planner's answer into a program. */
export function preparePlan(plan: QueryPlan): ExecutionPlan {
  const node = plan.node;
  if (!node) return { source: undefined, step: undefined };
  if (node.kind === 'Subscription') return { source: toFetch(node.primary), step: undefined };
  const [first, ...rest] = node.kind === 'Sequence' ? node.nodes : [];
  if (first?.kind === 'Subscription') {
    const step: Step = { kind: 'sequence', steps: rest.map((child) => toStep(child, undefined)) };
    return { source: toFetch(first.primary), step };
  }
  return { source: undefined, step: toStep(node, undefined) };
}

/** True when two of the required fields go under one name, so that one of them is lost. */
function isAmbiguous(requires: readonly RequiresSelection[]): boolean {
  const sources = new Map<string, string>();
  const conflicts = (selections: readonly RequiresSelection[], place: string): boolean =>
    selections.some((selection) => {
      if (selection.kind === 'InlineFragment')
        return conflicts(selection.selections, `${place}<${selection.typeCondition}>`);
      if (selection.kind !== 'Field') return false;
      const key = `${place}.${selection.alias ?? selection.name}`;
      const source = sources.get(key) ?? selection.name;
      sources.set(key, source);
      return source !== selection.name || conflicts(selection.selections ?? [], key);
    });
  return conflicts(requires, '');
}

/**
 * True for a plan that would send a subgraph the value of one required field for that of another. The planner 0.0.38
 * makes such plans where several fields require one field with different arguments.
 */
export function isMisplanned(step: Step | undefined): boolean {
  if (step === undefined || step.kind === 'root') return false;
  if (step.kind === 'entities') return step.groups.some(({ requires }) => isAmbiguous(requires));
  return step.steps.some(isMisplanned);
}
