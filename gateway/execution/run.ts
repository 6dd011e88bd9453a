import type { DocumentNode, ExecutionResult } from 'graphql';
import { type ClientError, errorsMax } from '../errors.ts';
import type { EntityGroup, Fetch, Rewrite, Step } from '../planning/plan.ts';
import {
  applyRewrites,
  buildRepresentation,
  type Entity,
  findEntities,
  type IsOfType,
  mergeInto,
  type ResponsePath,
} from './entities.ts';

export interface SubgraphOperation {
  readonly subgraph: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** One run of a plan: what it may use, and what it has found so far. */
export interface Run {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly isOfType: IsOfType;
  /** Runs one operation in a subgraph; rejects when the subgraph cannot be reached. */
  readonly send: (operation: SubgraphOperation) => Promise<ExecutionResult>;
  /** The error as the client may see it, at its path in `data`. */
  readonly present: (error: unknown, path: ResponsePath | undefined) => ClientError;
  readonly data: Entity;
  readonly errors: ClientError[];
  /** Entities that a subgraph reported as missing, for this caller. */
  readonly missing: Set<object>;
  /** Objects of which a subgraph reported by an error why it has nothing of them. */
  readonly failed: Set<object>;
}

/** The variables of the operation that the fetch uses. */
export function pickVariables(
  fetch: Fetch,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  let used: Record<string, unknown> | undefined;
  for (const name of fetch.variables) {
    if (!Object.hasOwn(variables, name)) continue;
    used ??= {};
    used[name] = variables[name];
  }
  return used;
}

function addError(run: Run, error: unknown, path: ResponsePath | undefined): void {
  if (run.errors.length >= errorsMax) return;
  run.errors.push(run.present(error, path));
}

function pathOfError(error: unknown): ResponsePath | undefined {
  const path = (error as { readonly path?: unknown } | null)?.path;
  return Array.isArray(path) && path.length > 0 ? (path as ResponsePath) : undefined;
}

/** The path under the names of the operation, where the planner had to use names of its own. */
function renamed(path: ResponsePath, rewrites: readonly Rewrite[]): ResponsePath {
  if (rewrites.length === 0) return path;
  const names = new Map<string | number, string>();
  for (const rewrite of rewrites) {
    const last = rewrite.path.at(-1);
    if (rewrite.kind === 'rename' && last?.kind === 'key') names.set(last.key, rewrite.to);
  }
  return path.map((step) => names.get(step) ?? step);
}

async function fetchRoot(run: Run, fetch: Fetch): Promise<void> {
  let result: ExecutionResult;
  try {
    result = await run.send({ ...fetch, variables: pickVariables(fetch, run.variables) });
  } catch (error) {
    for (const key of fetch.rootKeys) addError(run, error, [key]);
    return;
  }
  takeRoot(run, fetch, result);
}

/** Adds the answer to a fetch at the root, or one event of a subscription. */
export function takeRoot(run: Run, fetch: Fetch, result: ExecutionResult): void {
  for (const error of result.errors ?? []) {
    const path = pathOfError(error);
    if (path !== undefined) addError(run, error, renamed(path, fetch.outputRewrites));
    else for (const key of fetch.rootKeys) addError(run, error, [key]);
  }
  if (result.data === null || result.data === undefined) {
    if (result.errors !== undefined) run.failed.add(run.data);
    return;
  }
  if (fetch.outputRewrites.length > 0) applyRewrites(result.data, fetch.outputRewrites, run.isOfType);
  mergeInto(run.data, result.data);
}

/** The representations under one variable: each once, however many places of the answer want it. */
interface Representations {
  readonly list: Entity[];
  readonly positions: Map<string, number>;
}

interface Wanted {
  readonly group: EntityGroup;
  /** For each representation, the places of the answer that want it. */
  readonly targets: { readonly entity: Entity; readonly at: ResponsePath }[][];
}

function collect(run: Run, group: EntityGroup, representations: Representations): Wanted {
  const targets: Wanted['targets'] = [];
  for (const path of group.paths) {
    findEntities(run.data, path, run.isOfType, (entity, at) => {
      const representation = buildRepresentation(entity, group.requires, run.isOfType);
      if (representation === undefined) return;
      applyRewrites(representation, group.inputRewrites, run.isOfType);
      const key = JSON.stringify(representation);
      let position = representations.positions.get(key);
      if (position === undefined) {
        position = representations.list.push(representation) - 1;
        representations.positions.set(key, position);
      }
      targets[position] ??= [];
      targets[position]?.push({ entity, at });
    });
  }
  return { group, targets };
}

function takeEntities(run: Run, wanted: Wanted, answer: unknown, failed: ReadonlySet<number>): void {
  if (!Array.isArray(answer)) return;
  applyRewrites(answer, wanted.group.outputRewrites, run.isOfType);
  for (let position = 0; position < wanted.targets.length; position++) {
    const found: unknown = answer[position];
    for (const { entity } of wanted.targets[position] ?? []) {
      if (typeof found === 'object' && found !== null) mergeInto(entity, found as Entity);
      else (failed.has(position) ? run.failed : run.missing).add(entity);
    }
  }
}

async function fetchEntities(run: Run, fetch: Fetch, groups: readonly EntityGroup[]): Promise<void> {
  const byVariable = new Map<string, Representations>();
  const all = groups.map((group) => {
    const shared = byVariable.get(group.variable) ?? { list: [], positions: new Map() };
    byVariable.set(group.variable, shared);
    return collect(run, group, shared);
  });
  const variables = pickVariables(fetch, run.variables) ?? {};
  let wantedCount = 0;
  for (const [name, { list }] of byVariable) {
    variables[name] = list;
    wantedCount += list.length;
  }
  if (wantedCount === 0) return;
  const everyTarget = (error: unknown) => {
    for (const { at } of all.flatMap(({ targets }) => targets.flat())) addError(run, error, at);
  };
  let result: ExecutionResult;
  try {
    result = await run.send({ ...fetch, variables });
  } catch (error) {
    everyTarget(error);
    return;
  }
  const failed = new Map(all.map((wanted) => [wanted.group.key, new Set<number>()]));
  for (const error of result.errors ?? []) {
    const [key, position, ...below] = pathOfError(error) ?? [];
    const wanted = all.find(({ group }) => group.key === key);
    const targets = typeof position === 'number' ? wanted?.targets[position] : undefined;
    if (wanted === undefined || targets === undefined) {
      everyTarget(error);
      continue;
    }
    failed.get(String(key))?.add(Number(position));
    const rest = renamed(below, wanted.group.outputRewrites);
    for (const { at } of targets) addError(run, error, [...at, ...rest]);
  }
  if (result.data === null || result.data === undefined) return;
  for (const wanted of all) {
    takeEntities(run, wanted, result.data[wanted.group.key], failed.get(wanted.group.key) ?? new Set());
  }
}

/** Runs a plan's steps; what fails becomes an error at its place, and the rest continues. */
export async function runStep(run: Run, step: Step): Promise<void> {
  switch (step.kind) {
    case 'sequence':
      for (const child of step.steps) await runStep(run, child);
      return;
    case 'parallel':
      await Promise.all(step.steps.map((child) => runStep(run, child)));
      return;
    case 'root':
      return fetchRoot(run, step.fetch);
    case 'entities':
      return fetchEntities(run, step.fetch, step.groups);
  }
}
