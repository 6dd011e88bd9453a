import { meetsScopes } from './caller.ts';
import type { SchemaFinding } from './check.ts';
import { type Demand, demandsOf, demandText, type ScopeSet } from './demands.ts';

/**
 * Fields that refuse a caller whom they answered before: @authenticated, @requiresScopes or @policy was added or asks
 * for more, on the field, on its type or on the type of its result.
 */
export function findTightened(baselineSdl: string, currentSdl: string): readonly SchemaFinding[] {
  const current = demandsOf(currentSdl);
  return [...demandsOf(baselineSdl)].flatMap(([where, before]) => {
    const after = current.get(where);
    if (after === undefined) return [];
    if (before !== undefined && waysInto(before).every((scopes) => opens(scopes, after))) return [];
    return [
      {
        rule: 'breaking' as const,
        where,
        problem: `FIELD_AUTH_TIGHTENED: it asked for ${demandText(before)}, and now asks for ${demandText(after)}`,
        whatToDo: 'Leave its demand as it is, put the stricter one on a new field, and deprecate this one.',
      },
    ];
  });
}

/** The sets of scopes each of which just meets the demand. */
function waysInto(demand: Demand): readonly ScopeSet[] {
  return demand.reduce<readonly ScopeSet[]>(
    (ways, sets) => ways.flatMap((way) => sets.map((set) => [...way, ...set])),
    [[]],
  );
}

function opens(scopes: ScopeSet, demand: Demand): boolean {
  return demand.every((sets) => meetsScopes({ scopes }, sets));
}
