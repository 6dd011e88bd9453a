import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { type AdmissionMark, withAdmissionMark } from '#transport/admission.ts';
import { typenameField } from '../document/selections.ts';
import type { Fetch, Step } from '../planning/plan.ts';

/** The metered fields of a mutation in one subgraph, which are admitted together before the first of them runs. */
export interface Admission {
  /** The fields, by their keys in the plan. */
  readonly keys: ReadonlySet<string>;
  /** Reserves for all of them, and runs none. */
  readonly admit: Fetch;
  /** Returns what is reserved for those with these response keys, which have not been sent; undefined where none is left. */
  release(keys: ReadonlySet<string>): Fetch | undefined;
}

/** A root field that is admitted with others, by its key in the plan. */
export interface AdmittedRoot {
  readonly key: string;
  readonly fetch: Fetch;
}

function findOperation({ document }: Fetch): OperationDefinitionNode | undefined {
  return document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}

function listFields(fetch: Fetch): readonly FieldNode[] {
  return (findOperation(fetch)?.selectionSet.selections ?? []).filter(
    (selection) => selection.kind === Kind.FIELD,
  );
}

/** The fetch at the root of a step; there is one for each field of a mutation. */
export function findRootFetch(step: Step): Fetch | undefined {
  if (step.kind === 'root') return step.fetch;
  if (step.kind === 'entities') return undefined;
  for (const child of step.steps) {
    const fetch = findRootFetch(child);
    if (fetch !== undefined) return fetch;
  }
  return undefined;
}

/** The step with its root fields marked. */
export function withMarkedRoot(step: Step, mark: AdmissionMark): Step {
  if (step.kind === 'entities') return step;
  if (step.kind !== 'root') return { ...step, steps: step.steps.map((child) => withMarkedRoot(child, mark)) };
  const { fetch } = step;
  return {
    ...step,
    fetch: { ...fetch, document: withFields(fetch, (field) => withAdmissionMark(field, mark)) },
  };
}

function withFields({ document }: Fetch, change: (field: FieldNode) => FieldNode): DocumentNode {
  const definitions = document.definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const selections = definition.selectionSet.selections.map((selection) =>
      selection.kind === Kind.FIELD ? change(selection) : selection,
    );
    return { ...definition, selectionSet: { ...definition.selectionSet, selections } };
  });
  return { ...document, definitions };
}

/** What admits the fields of these fetches, which are all of one subgraph. */
export function createAdmission(roots: readonly AdmittedRoot[]): Admission {
  const marked = (mark: AdmissionMark, of: readonly AdmittedRoot[]): Fetch => {
    const variables = new Map<string, VariableDefinitionNode>();
    for (const { fetch } of of) {
      for (const definition of findOperation(fetch)?.variableDefinitions ?? []) {
        variables.set(definition.variable.name.value, definition);
      }
    }
    const selections = of.flatMap(({ fetch }) =>
      listFields(fetch).map((field) =>
        withAdmissionMark(
          { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: [typenameField] } },
          mark,
        ),
      ),
    );
    const operation = {
      kind: Kind.OPERATION_DEFINITION,
      operation: 'mutation',
      variableDefinitions: [...variables.values()],
      selectionSet: { kind: Kind.SELECTION_SET, selections },
    } as OperationDefinitionNode;
    return {
      subgraph: roots[0]?.fetch.subgraph ?? '',
      document: { kind: Kind.DOCUMENT, definitions: [operation] },
      operationName: undefined,
      variables: [...new Set(of.flatMap(({ fetch }) => fetch.variables))],
      outputRewrites: of.flatMap(({ fetch }) => fetch.outputRewrites),
      rootKeys: of.flatMap(({ fetch }) => fetch.rootKeys),
    };
  };
  return {
    keys: new Set(roots.map(({ key }) => key)),
    admit: marked('admit', roots),
    release(keys) {
      const left = roots.filter(({ key }) => keys.has(key));
      return left.length === 0 ? undefined : marked('release', left);
    },
  };
}
