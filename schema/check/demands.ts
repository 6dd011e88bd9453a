import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';

/** One way in: all of these scopes. */
export type ScopeSet = readonly string[];
/** Every entry must have one way in that the caller has; without entries credentials are enough. */
export type Demand = readonly (readonly ScopeSet[])[];

/** What each field of a schema demands; undefined: nothing. */
export function readDemands(sdl: string): ReadonlyMap<string, Demand | undefined> {
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
      const around = [type, field, types.get(unwrapTypeNode(field.type))];
      const directives = around.flatMap((node) => node?.directives ?? []);
      demands.set(`${name}.${field.name.value}`, readDemand(directives));
    }
  }
  return demands;
}

function readDemand(directives: readonly ConstDirectiveNode[]): Demand | undefined {
  const named = (name: string) => directives.filter((directive) => directive.name.value === name);
  const scopes = named('requiresScopes').map((directive) => readLists(directive));
  const policies = named('policy').map((directive) =>
    readLists(directive).map((set) => set.map((policy) => `@policy ${policy}`)),
  );
  const demand = [...scopes, ...policies];
  return demand.length > 0 || named('authenticated').length > 0 ? demand : undefined;
}

/** True for an entry of @requiresScopes, false for one of @policy. */
export function isOfScopes(sets: readonly ScopeSet[]): boolean {
  return !sets.some((set) => set.some((name) => name.startsWith('@policy ')));
}

/** The only argument: a list of lists of names. */
function readLists({ arguments: [argument] = [] }: ConstDirectiveNode): readonly ScopeSet[] {
  return argument === undefined ? [] : (valueFromASTUntyped(argument.value) as string[][]);
}

/** The named type under lists and non-null. */
export function unwrapTypeNode(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : unwrapTypeNode(type.type);
}

/** The demand in words. */
export function demandText(demand: Demand | undefined): string {
  if (demand === undefined) return 'nothing';
  if (demand.length === 0) return 'credentials';
  const entries = demand.map((sets) => sets.map((set) => set.join(' and ')).join(', or '));
  return `the scope ${entries.join('; and ')}`;
}
