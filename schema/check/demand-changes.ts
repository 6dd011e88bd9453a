import { meetsScopes } from '#core/caller.ts';
import { type Demand, demandText, readDemands, type ScopeSet } from './demands.ts';
import type { SchemaFinding } from './findings.ts';

/**
 * Fields that refuse a caller that they answered before, or answer one that they refused: @authenticated,
 * @requiresScopes or @policy was added, changed or removed on the field, on its type or on the type of its result. One
 * that does both is found twice.
 */
export function findDemandChanges(baselineSdl: string, currentSdl: string): readonly SchemaFinding[] {
  const current = readDemands(currentSdl);
  return [...readDemands(baselineSdl)].flatMap(([where, before]) => {
    if (!current.has(where)) return [];
    const after = current.get(where);
    const change = `it required ${demandText(before)}, and now requires ${demandText(after)}`;
    const findings: SchemaFinding[] = [];
    if (!admitsAll(after, before)) {
      findings.push({
        rule: 'breaking',
        where,
        problem: `FIELD_AUTH_TIGHTENED: ${change}`,
        whatToDo: 'Leave its demand as it is, put the stricter one on a new field, and deprecate this one.',
      });
    }
    if (!admitsAll(before, after)) {
      findings.push({
        rule: 'loosened',
        where,
        problem: `FIELD_AUTH_LOOSENED: ${change}`,
        whatToDo: 'Restore the demand, or approve the change if it is meant.',
      });
    }
    return findings;
  });
}

/** Does the demand admit every caller that the other one admits? */
function admitsAll(demand: Demand | undefined, other: Demand | undefined): boolean {
  if (demand === undefined) return true;
  return other !== undefined && waysInto(other).every((scopes) => opens(scopes, demand));
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
