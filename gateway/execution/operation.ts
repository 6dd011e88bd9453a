import {
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  print,
} from 'graphql';
import type { LRUCache } from 'lru-cache';
import type { Caller } from '#schema/caller.ts';
import { compileVariables, type VariableCoercion } from '#schema/compiled-variables.ts';
import { HeddleError } from '#schema/errors.ts';
import {
  compileDemands,
  type Denied,
  denyFields,
  filterOperation,
  grantKey,
  isNeverIncluded,
  type OperationDemands,
} from '../directives/auth.ts';
import { compileCost, type OperationCost } from '../directives/cost.ts';
import type { FieldPolicy, PolicyIndex } from '../directives/policy.ts';
import { findMeteredRoot, type MeteredRoot } from '../directives/reads.ts';
import { type ClientError, clientError } from '../errors.ts';
import type { GatewayLimits } from '../limits.ts';
import { conditionVariables, type IsIncluded, inclusionBy } from './conditions.ts';
import { keyOf } from './distinct-keys.ts';
import { joinPlans, type Plan } from './plan.ts';
import type { Planner } from './planner.ts';
import { pruneTypeConditions } from './prune.ts';
import { compileShape, type ObjectShape } from './shape.ts';

/** What operations are compiled against: one supergraph. */
export interface Graph {
  readonly schema: GraphQLSchema;
  readonly policy: PolicyIndex;
  readonly planner: Planner;
  readonly limits: GatewayLimits;
  /** The programs of all operations that are remembered, by the bytes they take, roughly. */
  readonly programs: LRUCache<string, Promise<Program>>;
  /** Answers to __schema and __type that depend on no variable, by the fields that are asked for. */
  readonly introspections: LRUCache<string, Record<string, unknown>>;
}

/** An operation as it runs for all callers to whom the same is granted, with its conditions decided. */
export interface Program {
  /** Set when nothing may run: the errors are the answer. */
  readonly refusal: readonly ClientError[] | undefined;
  readonly shape: ObjectShape;
  /** Undefined when no subgraph has anything to do. */
  readonly plan: Plan | undefined;
}

const introspectionFields = new Set(['__schema', '__type', '__typename']);

/** How long a failure to plan answers for the document. */
const failureMemoryMs = 10_000;

let operations = 0;

/** One operation of a document: what it demands and costs, and how it runs. `bytes` is what each program of it may take. */
export class Operation {
  readonly definition: OperationDefinitionNode;
  readonly type: OperationTypeNode;
  readonly cost: OperationCost;
  readonly meteredRoot: MeteredRoot;
  /** The variables of @skip and @include. */
  readonly conditions: readonly string[];
  /** Its variables from what a client sent; undefined where graphql-js has to say what is wrong with them. */
  readonly coerceVariables: VariableCoercion;
  /** The client's keys for those of the document that had to be told apart. */
  readonly clientKeys: ReadonlyMap<string, string>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #graph: Graph;
  readonly #demands: OperationDemands;
  readonly #introspection: DocumentNode | undefined;
  /** Tells its programs from those of other operations. */
  readonly #id = `${++operations} `;
  readonly #bytes: number;
  #introspected: Record<string, unknown> | undefined;

  constructor(
    graph: Graph,
    definition: OperationDefinitionNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    clientKeys: ReadonlyMap<string, string>,
    bytes: number,
  ) {
    this.definition = definition;
    this.clientKeys = clientKeys;
    this.type = definition.operation;
    this.cost = compileCost(graph.schema, graph.policy, definition, fragments, graph.limits);
    const rootType = graph.schema.getRootType(definition.operation)?.name ?? '';
    this.meteredRoot = findMeteredRoot(graph.policy, rootType, definition, fragments);
    this.conditions = conditionVariables(definition, fragments);
    this.coerceVariables = compileVariables(graph.schema, definition.variableDefinitions ?? []);
    this.#graph = graph;
    this.#bytes = bytes;
    this.fragments = fragments;
    this.#demands = compileDemands(graph.schema, graph.policy, definition, fragments);
    const asksSchema = (field: FieldNode, isRoot: boolean) =>
      !isRoot || field.name.value === '__schema' || field.name.value === '__type';
    this.#introspection = filterOperation(definition, fragments, asksSchema);
  }

  /** True when it asks for __schema or __type. */
  get introspects(): boolean {
    return this.#introspection !== undefined;
  }

  get schema(): GraphQLSchema {
    return this.#graph.schema;
  }

  /** What the schema demands at a coordinate such as "Mutation.createApp". */
  policyAt(coordinate: string): FieldPolicy | undefined {
    const [type = '', field = ''] = coordinate.split('.');
    return this.#graph.policy.field(type, field);
  }

  /** The client's keys at the root. */
  get rootKeys(): readonly string[] {
    return this.definition.selectionSet.selections.flatMap((selection) =>
      selection.kind === Kind.FIELD ? [this.clientKeyOf(selection)] : [],
    );
  }

  /** The key that the client knows the field's answer by. */
  clientKeyOf(field: FieldNode): string {
    const key = keyOf(field);
    return this.clientKeys.get(key) ?? key;
  }

  /** The program for what this caller is granted and these conditions; compiled and planned once. */
  program(caller: Caller, variables: Readonly<Record<string, unknown>>): Promise<Program> {
    const grants = grantKey(caller, this.#demands);
    let key = this.#id + grants;
    for (const name of this.conditions) key += variables[name] === true ? 'y' : 'n';
    const { programs } = this.#graph;
    const known = programs.get(key);
    if (known !== undefined) return known;
    const program = this.#compile(denyFields(this.#demands, grants), inclusionBy(variables));
    programs.set(key, program, { size: this.#bytes });
    program.catch((error: unknown) => {
      // The next request tries again, but not what may have ended the planner's process.
      if (error instanceof HeddleError && error.code === 'OVERLOADED') programs.delete(key);
      else programs.set(key, program, { size: this.#bytes, ttl: failureMemoryMs });
    });
    return program;
  }

  async #compile(denied: Denied, isIncluded: IsIncluded): Promise<Program> {
    const { schema, planner } = this.#graph;
    const shape = compileShape(
      { schema, fragments: this.fragments, clientKeys: this.clientKeys, denied, isIncluded },
      this.definition,
    );
    const refusal = this.#refusalOf(denied, shape);
    if (refusal !== undefined) return { refusal, shape, plan: undefined };
    const plans: Plan[] = [];
    for (const key of this.#turns(shape)) {
      const document = filterOperation(
        this.definition,
        this.fragments,
        (field, isRoot) =>
          !denied.has(field) &&
          !(isRoot && introspectionFields.has(field.name.value)) &&
          !(isRoot && key !== undefined && key !== keyOf(field)),
        isIncluded,
      );
      if (document !== undefined)
        plans.push(await planner.plan(print(pruneTypeConditions(schema, document))));
    }
    return { refusal, shape, plan: joinPlans(plans) };
  }

  /** What is planned together: all of a query; of a mutation each field at the root by itself, one after the other. */
  #turns(shape: ObjectShape): readonly (string | undefined)[] {
    if (this.type !== 'mutation') return [undefined];
    return shape.fieldsOf(shape.declaredType)?.map((field) => field.planKey) ?? [];
  }

  /**
   * A mutation runs wholly or not at all, a subscription that cannot show its root has nothing to show, and a query
   * whose root would become null need not run.
   */
  #refusalOf(denied: Denied, shape: ObjectShape): readonly ClientError[] | undefined {
    if (denied.size === 0) return undefined;
    const found = this.#deniedPaths(denied).map(({ field, path }) => {
      const { code, message } = denied.get(field) ?? { code: 'FORBIDDEN', message: 'This field is refused.' };
      return { error: clientError(code, message, path), isRoot: path.length === 1 };
    });
    const errors = found.map(({ error }) => error);
    if (found.length === 0) return undefined;
    if (this.type === 'mutation') return errors;
    if (this.type === 'subscription') return found.some(({ isRoot }) => isRoot) ? errors : undefined;
    const root = this.#graph.schema.getRootType(this.type)?.name ?? '';
    const bars = shape.fieldsOf(root)?.some((field) => field.denied && field.type.nonNull);
    return bars === true ? errors : undefined;
  }

  /** Where refused fields stand in the answer, lists left out; those that no variables can bring in are passed over. */
  #deniedPaths(denied: Denied): { readonly field: FieldNode; readonly path: readonly string[] }[] {
    const found: { field: FieldNode; path: string[] }[] = [];
    const seen = new Set<FieldNode>();
    const walk = (selectionSet: OperationDefinitionNode['selectionSet'], path: readonly string[]): void => {
      for (const selection of selectionSet.selections) {
        if (isNeverIncluded(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const below = [...path, this.clientKeyOf(selection)];
          if (denied.has(selection)) {
            if (!seen.has(selection)) found.push({ field: selection, path: below });
            seen.add(selection);
          } else if (selection.selectionSet !== undefined) {
            walk(selection.selectionSet, below);
          }
          continue;
        }
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.fragments.get(selection.name.value);
        if (inner !== undefined) walk(inner.selectionSet, path);
      }
    };
    walk(this.definition.selectionSet, []);
    return found;
  }

  /** The answers to __schema and __type, which need no caller and no subgraph; undefined when none is asked for. */
  introspect(variables: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
    if (this.#introspection === undefined) return undefined;
    if (this.#introspected !== undefined) return this.#introspected;
    const isConstant = (this.definition.variableDefinitions ?? []).length === 0;
    const { introspections } = this.#graph;
    const asked = isConstant ? print(this.#introspection) : '';
    const known = isConstant ? introspections.get(asked) : undefined;
    if (known !== undefined) {
      this.#introspected = known;
      return known;
    }
    const result = execute({
      schema: this.#graph.schema,
      document: this.#introspection,
      variableValues: variables,
    });
    if ('then' in result) throw new Error('Introspection cannot wait for anything.');
    const data = result.data ?? {};
    if (isConstant) {
      this.#introspected = data;
      introspections.set(asked, data);
    }
    return data;
  }
}
