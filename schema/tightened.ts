import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import type { SchemaFinding } from './check.ts';

/** One way in: all of these scopes. */
type ScopeSet = readonly string[];
/** Every entry must have one way in that the caller has; without entries credentials are enough. */
type Demand = readonly (readonly ScopeSet[])[];

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
        problem: `FIELD_AUTH_TIGHTENED: it asked for ${words(before)}, and now asks for ${words(after)}`,
        whatToDo: 'Leave its demand as it is, put the stricter one on a new field, and deprecate this one.',
      },
    ];
  });
}

/** What each field of a schema demands; undefined: nothing. */
function demandsOf(sdl: string): ReadonlyMap<string, Demand | undefined> {
  const types = new Map(
    parse(sdl, { noLocation: true }).definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      definition.kind === Kind.SCALAR_TYPE_DEFINITION ||
      definition.kind === Kind.ENUM_TYPE_DEFINITION
        ? [[definition.name.value, definition] as const]
        : [],
    ),
  );
  const demands = new Map<string, Demand | undefined>();
  for (const [name, type] of types) {
    const fields: readonly FieldDefinitionNode[] = ('fields' in type && type.fields) || [];
    for (const field of fields) {
      const around = [type, field, types.get(nameOf(field.type))];
      const directives = around.flatMap((node) => node?.directives ?? []);
      demands.set(`${name}.${field.name.value}`, demandOf(directives));
    }
  }
  return demands;
}

function demandOf(directives: readonly ConstDirectiveNode[]): Demand | undefined {
  const named = (name: string) => directives.filter((directive) => directive.name.value === name);
  const scopes = named('requiresScopes').map((directive) => listsOf(directive));
  const policies = named('policy').map((directive) =>
    listsOf(directive).map((set) => set.map((policy) => `@policy ${policy}`)),
  );
  const demand = [...scopes, ...policies];
  return demand.length > 0 || named('authenticated').length > 0 ? demand : undefined;
}

/** The only argument: a list of lists of names. */
function listsOf({ arguments: [argument] = [] }: ConstDirectiveNode): readonly ScopeSet[] {
  return argument === undefined ? [] : (valueFromASTUntyped(argument.value) as string[][]);
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

/** The sets of scopes each of which just meets the demand. */
function waysInto(demand: Demand): readonly ScopeSet[] {
  return demand.reduce<readonly ScopeSet[]>(
    (ways, sets) => ways.flatMap((way) => sets.map((set) => [...way, ...set])),
    [[]],
  );
}

function opens(scopes: ScopeSet, demand: Demand): boolean {
  return demand.every((sets) => sets.some((set) => set.every((scope) => scopes.includes(scope))));
}

function words(demand: Demand | undefined): string {
  if (demand === undefined) return 'nothing';
  if (demand.length === 0) return 'credentials';
  const entries = demand.map((sets) => sets.map((set) => set.join(' and ')).join(', or '));
  return `the scope ${entries.join('; and ')}`;
}
