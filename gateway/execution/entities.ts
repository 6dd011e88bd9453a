import type { RequiresSelection } from '@graphql-hive/router-query-planner';
import type { PathStep, Rewrite, RewriteStep } from '../planning/plan.ts';

export type Entity = Record<string, unknown>;
export type ResponsePath = readonly (string | number)[];

/** True when an object of the first type satisfies a condition on any of the others. */
export type IsOfType = (typeName: string, conditions: readonly string[]) => boolean;

function isObject(value: unknown): value is Entity {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Calls `found` with every object at the path, and where in the answer it is. */
export function findEntities(
  value: unknown,
  path: readonly PathStep[],
  isOfType: IsOfType,
  found: (entity: Entity, at: ResponsePath) => void,
  index = 0,
  at: (string | number)[] = [],
): void {
  if (Array.isArray(value)) {
    // A step into a list may be written or left out; both mean every item.
    const next = path[index]?.kind === 'list' ? index + 1 : index;
    for (let position = 0; position < value.length; position++) {
      at.push(position);
      findEntities(value[position], path, isOfType, found, next, at);
      at.pop();
    }
    return;
  }
  if (!isObject(value)) return;
  const step = path[index];
  if (step === undefined) {
    found(value, [...at]);
  } else if (step.kind === 'field') {
    at.push(step.key);
    findEntities(value[step.key], path, isOfType, found, index + 1, at);
    at.pop();
  } else if (step.kind === 'type') {
    const typeName = value.__typename;
    if (typeof typeName === 'string' && !isOfType(typeName, step.names)) return;
    findEntities(value, path, isOfType, found, index + 1, at);
  }
}

function project(requires: readonly RequiresSelection[], value: unknown, isOfType: IsOfType): unknown {
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => project(requires, item, isOfType));
  if (!isObject(value)) return value;
  const projected: Entity = {};
  for (const selection of requires) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name;
      const own = value[Object.hasOwn(value, selection.name) ? selection.name : key];
      const below = selection.selections ? project(selection.selections, own, isOfType) : own;
      if (below !== undefined && below !== null) projected[key] = below;
    } else if (selection.kind === 'InlineFragment') {
      const typeName = value.__typename;
      if (typeof typeName !== 'string' || !isOfType(typeName, [selection.typeCondition])) continue;
      Object.assign(projected, project(selection.selections, value, isOfType));
    }
  }
  return projected;
}

/** The representation by which a subgraph finds the entity; undefined when what it requires is not there. */
export function buildRepresentation(
  entity: Entity,
  requires: readonly RequiresSelection[],
  isOfType: IsOfType,
): Entity | undefined {
  if (typeof entity.__typename !== 'string') return undefined;
  const projected = project(requires, entity, isOfType) as Entity;
  projected.__typename ??= entity.__typename;
  return Object.keys(projected).length > 1 ? projected : undefined;
}

function rewriteAt(
  value: unknown,
  path: readonly RewriteStep[],
  isOfType: IsOfType,
  change: (holder: Entity, key: string) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) rewriteAt(item, path, isOfType, change);
    return;
  }
  if (!isObject(value)) return;
  const [step, ...rest] = path;
  if (step === undefined) return;
  if (step.kind === 'type') {
    const typeName = value.__typename;
    if (typeof typeName === 'string' && !isOfType(typeName, step.names)) return;
    rewriteAt(value, rest, isOfType, change);
  } else if (rest.length === 0) {
    change(value, step.key);
  } else {
    rewriteAt(value[step.key], rest, isOfType, change);
  }
}

/** Applies the planner's rewrites in place. */
export function applyRewrites(value: unknown, rewrites: readonly Rewrite[], isOfType: IsOfType): void {
  for (const rewrite of rewrites) {
    rewriteAt(value, rewrite.path, isOfType, (holder, key) => {
      if (rewrite.kind === 'set') {
        holder[key] = rewrite.value;
      } else if (key in holder) {
        holder[rewrite.to] = holder[key];
        delete holder[key];
      }
    });
  }
}

/** Adds what a later fetch brought to what is there; a null never replaces what another fetch found. */
export function mergeInto(target: Entity, source: Entity): void {
  for (const key of Object.keys(source)) {
    const value = source[key];
    // What a target inherits is no data of it: JSON that a client chose may hold a key called __proto__.
    const present = Object.hasOwn(target, key) ? target[key] : undefined;
    if (present === undefined || present === null) {
      target[key] = value;
    } else if (isObject(present) && isObject(value)) {
      mergeInto(present, value);
    } else if (Array.isArray(present) && Array.isArray(value) && present.length === value.length) {
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        const there: unknown = present[index];
        if (isObject(item) && isObject(there)) mergeInto(there, item);
        else if (there === null) present[index] = item;
      }
    } else if (value !== null && value !== undefined) {
      target[key] = value;
    }
  }
}
