import {
  type ASTNode,
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getLocation,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  print,
  Source,
  type SourceLocation,
} from 'graphql';
import type { LRUCache } from 'lru-cache';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { compileVariables, type VariableCoercion } from '#schema/compiled-variables.ts';
import type { AdmissionMark } from '#transport/admission.ts';
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
import { type ClientError, clientError, errorsMax, withLocations } from '../errors.ts';
import {
  type Admission,
  type AdmittedRoot,
  createAdmission,
  findRootFetch,
  withMarkedRoot,
} from '../execution/admission.ts';
import { compileShape, type FieldShape, type ObjectShape } from '../execution/shape.ts';
import type { GatewayLimits } from '../limits.ts';
import { type ExecutionPlan, type Fetch, isMisplanned, type Step } from '../planning/plan.ts';
import type { Planner } from '../planning/planner.ts';
import { pruneTypeConditions } from '../planning/prune.ts';
import { splitByRequirement } from '../planning/requirements.ts';
import type { SupergraphFields } from '../planning/supergraph-fields.ts';
import { type CanonicalOperation, type ClientField, responseKey } from './canonical-operation.ts';
import { conditionVariables, type IsIncluded, inclusionBy } from './selections.ts';

/** What operations are compiled against: one supergraph. */
export interface Graph {
  readonly schema: GraphQLSchema;
  readonly policy: PolicyIndex;
  readonly fields: SupergraphFields;
  readonly planner: Planner;
  readonly limits: GatewayLimits;
  /** The programs of all operations that are remembered, by the bytes they take, roughly. */
  readonly programs: LRUCache<string, Promise<Program>>;
  /** Answers to __schema and __type that depend on no variable, by the fields that are requested. */
  readonly introspections: LRUCache<string, Record<string, unknown>>;
}

/** An operation as it runs for all callers with the same grants, with its conditions decided. */
export interface Program {
  /** Set when nothing may run: the errors are the answer. */
  readonly refusal: readonly ClientError[] | undefined;
  readonly shape: ObjectShape;
  /** Where a subscription's events come from. */
  readonly source: Fetch | undefined;
  /** The programs to run one after the other, for each event of a subscription; nothing when no subgraph has anything to do. */
  readonly turns: readonly Turn[];
  /** Charged fields of a mutation, where there are several: admitted before the first turn. */
  readonly admissions: readonly Admission[];
}

/** A whole query, what follows an event, or one field at the root of a mutation. */
export interface Turn {
  readonly field: FieldShape | undefined;
  readonly step: Step;
}

type Keep = (field: FieldNode, isRoot: boolean) => boolean;

/** Where an operation stands in the text of a client. */
export interface OperationText {
  readonly source: string;
  /** Offsets of the nodes of the document. */
  readonly starts: ReadonlyMap<ASTNode, number>;
  /** What each program of the operation may take in memory, roughly. */
  readonly bytes: number;
}

/** Fragments are written out. */
const noFragments: ReadonlyMap<string, FragmentDefinitionNode> = new Map();

const introspectionFields = new Set(['__schema', '__type', '__typename']);

/** How long a failure to plan answers for the document. */
const failureMemoryMs = 10_000;

let operations = 0;

/** One operation of a document: what it demands and costs, and how it runs. */
export class Operation {
  readonly definition: OperationDefinitionNode;
  readonly type: OperationTypeNode;
  readonly cost: OperationCost;
  readonly meteredRoot: MeteredRoot;
  /** The variables of @skip and @include. */
  readonly conditions: readonly string[];
  /** Its variables from what a client sent; undefined where graphql-js has to report what is wrong with them. */
  readonly coerceVariables: VariableCoercion;
  /** The document is one of the mesh's own, or was pushed as a trusted document: its name is none that a request has made up. */
  isRegistered = false;
  readonly #graph: Graph;
  readonly #clientFields: ReadonlyMap<FieldNode, ClientField>;
  readonly #text: OperationText;
  readonly #demands: OperationDemands;
  readonly #introspection: DocumentNode | undefined;
  /** Distinguishes its programs from those of other operations. */
  readonly #id = `${++operations} `;
  #introspected: Record<string, unknown> | undefined;

  constructor(graph: Graph, { definition, clientFields }: CanonicalOperation, text: OperationText) {
    this.definition = definition;
    this.type = definition.operation;
    this.cost = compileCost(graph.schema, graph.policy, definition, noFragments, graph.limits);
    const rootType = graph.schema.getRootType(definition.operation)?.name ?? '';
    this.meteredRoot = findMeteredRoot(graph.policy, rootType, definition, noFragments);
    this.conditions = conditionVariables(definition, noFragments);
    this.coerceVariables = compileVariables(graph.schema, definition.variableDefinitions ?? []);
    this.#graph = graph;
    this.#clientFields = clientFields;
    this.#text = text;
    this.#demands = compileDemands(graph.schema, graph.policy, definition, noFragments);
    const asksSchema = (field: FieldNode, isRoot: boolean) =>
      !isRoot || field.name.value === '__schema' || field.name.value === '__type';
    this.#introspection = filterOperation(definition, noFragments, asksSchema);
  }

  /** Its name in the document. */
  get name(): string | undefined {
    return this.definition.name?.value;
  }

  /** True when it requests __schema or __type. */
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
      selection.kind === Kind.FIELD ? [this.readClientKey(selection)] : [],
    );
  }

  /** The key that the client knows the field's answer by. */
  readClientKey(field: FieldNode): string {
    return this.#clientFields.get(field)?.key ?? responseKey(field);
  }

  /** The place of an offset in the client's text. */
  readonly locate = (start: number): SourceLocation => getLocation(new Source(this.#text.source), start);

  /** The places of nodes of the client's document. */
  listLocations(nodes: readonly ASTNode[]): readonly SourceLocation[] {
    return nodes.flatMap((node) => this.#text.starts.get(node) ?? []).map(this.locate);
  }

  /** True when `now` may select every field that `before` was granted. */
  keepsGrants(before: Caller, now: Caller): boolean {
    const held = grantKey(now, this.#demands);
    return [...grantKey(before, this.#demands)].every((mark, at) => mark === '0' || mark === held[at]);
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
    programs.set(key, program, { size: this.#text.bytes });
    program.catch((error: unknown) => {
      // The next request tries again, but not what may have ended the planner's process.
      if (error instanceof HeddleError && error.code === 'OVERLOADED') programs.delete(key);
      else programs.set(key, program, { size: this.#text.bytes, ttl: failureMemoryMs });
    });
    return program;
  }

  async #compile(denied: Denied, isIncluded: IsIncluded): Promise<Program> {
    const { schema } = this.#graph;
    const shape = compileShape(
      { schema, fragments: noFragments, clientFields: this.#clientFields, denied, isIncluded },
      this.definition,
    );
    const refusal = this.#findRefusal(denied, shape);
    if (refusal !== undefined) return { refusal, shape, source: undefined, turns: [], admissions: [] };
    let source: Fetch | undefined;
    const turns: Turn[] = [];
    for (const field of this.#fieldsInTurn(shape)) {
      const keep = (one: FieldNode, isRoot: boolean) =>
        !denied.has(one) &&
        !(isRoot && introspectionFields.has(one.name.value)) &&
        !(isRoot && field !== undefined && field.planKey !== responseKey(one));
      for (const plan of await this.#plan(keep, isIncluded)) {
        source ??= plan.source;
        if (plan.step !== undefined) turns.push({ field, step: plan.step });
      }
    }
    return { refusal, shape, source, ...this.#admitTogether(turns) };
  }

  /** The turns of a mutation, and what admits those that are charged where there are several in one subgraph. */
  #admitTogether(turns: readonly Turn[]): Pick<Program, 'turns' | 'admissions'> {
    const bySubgraph = new Map<string, AdmittedRoot[]>();
    for (const turn of turns) {
      const { field } = turn;
      const fetch = findRootFetch(turn.step);
      if (field === undefined || fetch === undefined || !this.policyAt(field.coordinate)?.charged) continue;
      const roots = bySubgraph.get(fetch.subgraph) ?? [];
      roots.push({ key: field.planKey, fetch });
      bySubgraph.set(fetch.subgraph, roots);
    }
    const groups = [...bySubgraph.values()].filter((roots) => roots.length > 1);
    if (groups.length === 0) return { turns, admissions: [] };
    const marks = new Map<string, AdmissionMark>();
    for (const roots of groups) {
      for (const { key } of roots) marks.set(key, key === roots.at(-1)?.key ? 'admittedLast' : 'admitted');
    }
    return {
      admissions: groups.map(createAdmission),
      turns: turns.map((turn) => {
        const mark = turn.field && marks.get(turn.field.planKey);
        return mark === undefined ? turn : { ...turn, step: withMarkedRoot(turn.step, mark) };
      }),
    };
  }

  /** The plans for what is kept of the operation: one, unless it has fields that cannot be planned together. */
  async #plan(keep: Keep, isIncluded: IsIncluded): Promise<readonly ExecutionPlan[]> {
    const parts = splitByRequirement(this.definition, this.#graph.fields);
    // Reading in parts has no effect; a mutation or subscription must not run twice.
    if (parts !== undefined && this.type !== 'query') {
      const message = 'Fields that require others with different arguments cannot be selected together here.';
      throw new HeddleError('BAD_USER_INPUT', message);
    }
    const plans: ExecutionPlan[] = [];
    for (const isPart of parts ?? [() => true]) {
      const isKept: Keep = (field, isRoot) => isPart(field) && keep(field, isRoot);
      const plan = await this.#planOnce(isKept, isIncluded);
      if (isMisplanned(plan?.step))
        throw new Error('The query planner confuses what several fields require.');
      if (plan !== undefined) plans.push(plan);
    }
    return plans;
  }

  async #planOnce(keep: Keep, isIncluded: IsIncluded): Promise<ExecutionPlan | undefined> {
    const { schema, planner } = this.#graph;
    const document = filterOperation(this.definition, noFragments, keep, isIncluded);
    return document && planner.plan(print(pruneTypeConditions(schema, document)));
  }

  /** What is planned together: all of a query; of a mutation each field at the root by itself. */
  #fieldsInTurn(shape: ObjectShape): readonly (FieldShape | undefined)[] {
    return this.type === 'mutation' ? (shape.listFields(shape.declaredType) ?? []) : [undefined];
  }

  /**
   * A mutation runs wholly or not at all, a subscription that cannot show its root has nothing to show, and a query
   * whose root would become null need not run.
   */
  #findRefusal(denied: Denied, shape: ObjectShape): readonly ClientError[] | undefined {
    if (denied.size === 0) return undefined;
    const found = this.#deniedPaths(denied).map(({ field, path }) => {
      const { code, message } = denied.get(field) ?? { code: 'FORBIDDEN', message: 'This field is refused.' };
      const start = this.#clientFields.get(field)?.start ?? 0;
      const error = withLocations(clientError(code, message, path), [this.locate(start)]);
      return { error, isRoot: path.length === 1 };
    });
    const errors = found.map(({ error }) => error);
    if (found.length === 0) return undefined;
    if (this.type === 'mutation') return errors;
    if (this.type === 'subscription') return found.some(({ isRoot }) => isRoot) ? errors : undefined;
    const root = this.#graph.schema.getRootType(this.type)?.name ?? '';
    const bars = shape.listFields(root)?.some((field) => field.denied && field.type.nonNull);
    return bars === true ? errors : undefined;
  }

  /** Where refused fields stand in the answer, lists left out; those that no variables can bring in are passed over. */
  #deniedPaths(denied: Denied): { readonly field: FieldNode; readonly path: readonly string[] }[] {
    const found: { field: FieldNode; path: string[] }[] = [];
    const walk = (selectionSet: OperationDefinitionNode['selectionSet'], path: readonly string[]): void => {
      for (const selection of selectionSet.selections) {
        if (isNeverIncluded(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const below = [...path, this.readClientKey(selection)];
          if (denied.has(selection)) {
            if (found.length < errorsMax) found.push({ field: selection, path: below });
          } else if (selection.selectionSet !== undefined) {
            walk(selection.selectionSet, below);
          }
          continue;
        }
        if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, path);
      }
    };
    walk(this.definition.selectionSet, []);
    return found;
  }

  /** The answers to __schema and __type, which need no subgraph; undefined when none is requested. `shown`: of the schema that the caller sees, where that is a part. */
  introspect(
    variables: Readonly<Record<string, unknown>>,
    shown?: GraphQLSchema,
  ): Record<string, unknown> | undefined {
    if (this.#introspection === undefined) return undefined;
    if (shown !== undefined) return this.#introspectIn(shown, variables, this.#introspection);
    if (this.#introspected !== undefined) return this.#introspected;
    const isConstant = (this.definition.variableDefinitions ?? []).length === 0;
    const { introspections } = this.#graph;
    const printed = isConstant ? print(this.#introspection) : '';
    const known = isConstant ? introspections.get(printed) : undefined;
    if (known !== undefined) {
      this.#introspected = known;
      return known;
    }
    const data = this.#introspectIn(this.#graph.schema, variables, this.#introspection);
    if (isConstant) {
      this.#introspected = data;
      introspections.set(printed, data);
    }
    return data;
  }

  #introspectIn(
    schema: GraphQLSchema,
    variableValues: Readonly<Record<string, unknown>>,
    document: DocumentNode,
  ): Record<string, unknown> {
    const result = execute({ schema, document, variableValues });
    if ('then' in result) throw new Error('Introspection cannot wait for anything.');
    return result.data ?? {};
  }
}
