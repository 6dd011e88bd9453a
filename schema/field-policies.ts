import type { GuardrailStage, Meter } from '#core/graph-enums.generated.ts';
import { type Demand, isOfScopes, readDemands, type ScopeSet } from './check/demands.ts';
import { type DirectivesByName, directiveUsages } from './directive-usages.ts';

/** What the schema requires of callers of one field, its type and the type of its result included. */
export interface FieldRequirement {
  /** `Type.field`. */
  readonly coordinate: string;
  readonly authenticated: boolean;
  /** Each entry must have one set that the caller has all scopes of. */
  readonly demands: readonly (readonly ScopeSet[])[];
  /** The same as one list: a caller needs all scopes of one set. Empty: none. */
  readonly scopes: readonly ScopeSet[];
  /** Each entry is one @policy, of which one set must be met. */
  readonly policyDemands: readonly (readonly ScopeSet[])[];
  /** The same as one list. */
  readonly policies: readonly ScopeSet[];
  readonly meters: readonly Meter[];
  /** The action that @audited names. */
  readonly audited: string | null;
  /** The stages of @guarded; empty: its texts pass through no guardrail. */
  readonly guarded: readonly GuardrailStage[];
}

/** Every field that clients can select, in the order of the names. Reads the whole supergraph: once for each process. */
export function readFieldRequirements(supergraphSdl: string): readonly FieldRequirement[] {
  const usages = directiveUsages(supergraphSdl);
  const demands = readDemands(supergraphSdl);
  return [...demands]
    .filter(([coordinate]) => isPublic(coordinate, usages))
    .map(([coordinate, demand]) => readRequirement(coordinate, demand, usages.get(coordinate)))
    .toSorted((a, b) => (a.coordinate < b.coordinate ? -1 : 1));
}

function isPublic(coordinate: string, usages: ReadonlyMap<string, DirectivesByName>): boolean {
  const type = coordinate.split('.')[0] ?? '';
  return [coordinate, type].every((where) => usages.has(where) && !usages.get(where)?.has('inaccessible'));
}

function readRequirement(
  coordinate: string,
  demand: Demand | undefined,
  directives: DirectivesByName | undefined,
): FieldRequirement {
  const demands = unique((demand ?? []).filter(isOfScopes));
  const policyDemands = unique((demand ?? []).filter((sets) => !isOfScopes(sets))).map(withoutPrefix);
  return {
    coordinate,
    authenticated: demand !== undefined,
    demands,
    scopes: combine(demands),
    policyDemands,
    policies: combine(policyDemands),
    meters: (directives?.get('quota')?.[0]?.meters ?? []) as readonly Meter[],
    audited: (directives?.get('audited')?.[0]?.action as string | undefined) ?? null,
    guarded: (directives?.get('guarded')?.[0]?.stages ?? []) as readonly GuardrailStage[],
  };
}

function withoutPrefix(sets: readonly ScopeSet[]): readonly ScopeSet[] {
  return sets.map((set) => set.map((name) => name.slice('@policy '.length)));
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** One list of sets that is met when each of the lists is; a set that holds another one adds nothing. */
function combine(demands: readonly (readonly ScopeSet[])[]): readonly ScopeSet[] {
  const [first, ...others] = demands;
  if (first === undefined) return [];
  const all = others.reduce<readonly ScopeSet[]>(
    (sets, next) => sets.flatMap((set) => next.map((more) => [...new Set([...set, ...more])].toSorted())),
    first,
  );
  const distinct = unique(all.map((set) => [...new Set(set)].toSorted()));
  return distinct.filter(
    (set) => !distinct.some((other) => other !== set && other.every((scope) => set.includes(scope))),
  );
}
