import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeDefinitionNode,
} from 'graphql';
import { arePoliciesKnown, type PolicySets, policies } from '#core/policies.ts';
import { readArguments } from '#schema/directives.ts';

/** What a caller must show: every alternative list must be met by one of its sets of scopes. */
export interface Requirement {
  /** The same text for the same requirement. */
  readonly key: string;
  /** Each entry is one @requiresScopes: an OR of ANDs. All entries must hold. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  /** Each entry is one @policy, in the same way. */
  readonly policies: readonly PolicySets[];
}

/** @listSize of a field: how many objects its list holds. */
export interface ListSize {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  readonly sizedFields: readonly string[];
}

export interface FieldPolicy {
  readonly requirement: Requirement | undefined;
  readonly cost: number | undefined;
  readonly listSize: ListSize | undefined;
  /** @cost of the arguments that have one. */
  readonly argumentCosts: ReadonlyMap<string, number>;
  /** The action that @audited names. */
  readonly audited: string | undefined;
  /** Its calls draw on meters: it has @quota. */
  readonly metered: boolean;
  /** @quota with TOKENS or COST: the field reserves for itself, and can be admitted together with others. */
  readonly charged: boolean;
}

/** What the supergraph's directives demand, read once. */
export interface PolicyIndex {
  /** For a field of an object or interface type, its type's own demands included. */
  field(typeName: string, fieldName: string): FieldPolicy | undefined;
  /** @cost of a type. */
  typeCost(typeName: string): number | undefined;
}

function find(directives: readonly ConstDirectiveNode[] | undefined, name: string) {
  return directives?.find((directive) => directive.name.value === name);
}

function readWeight(directives: readonly ConstDirectiveNode[] | undefined): number | undefined {
  const cost = find(directives, 'cost');
  return cost === undefined ? undefined : Number(readArguments(cost).weight);
}

function readListSize(directives: readonly ConstDirectiveNode[] | undefined): ListSize | undefined {
  const directive = find(directives, 'listSize');
  if (directive === undefined) return undefined;
  const given = readArguments(directive);
  const strings = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return {
    assumedSize: typeof given.assumedSize === 'number' ? given.assumedSize : undefined,
    slicingArguments: strings(given.slicingArguments),
    sizedFields: strings(given.sizedFields),
  };
}

function auditedAction(directives: readonly ConstDirectiveNode[] | undefined): string | undefined {
  const audited = find(directives, 'audited');
  return audited === undefined ? undefined : String(readArguments(audited).action);
}

function isCharged(directives: readonly ConstDirectiveNode[] | undefined): boolean {
  const quota = find(directives, 'quota');
  const meters = quota === undefined ? [] : readArguments(quota).meters;
  return Array.isArray(meters) && (meters.includes('TOKENS') || meters.includes('COST'));
}

type Demand = Pick<Requirement, 'scopes' | 'policies'>;

function readDemand(
  directives: readonly ConstDirectiveNode[] | undefined,
  place: string,
): Demand | undefined {
  const scoped = find(directives, 'requiresScopes');
  const ruled = find(directives, 'policy');
  if (scoped === undefined && ruled === undefined && find(directives, 'authenticated') === undefined)
    return undefined;
  return {
    scopes: scoped === undefined ? [] : [readSets(readArguments(scoped).scopes)],
    policies: ruled === undefined ? [] : [readPolicies(ruled, place)],
  };
}

function readPolicies(directive: ConstDirectiveNode, place: string): PolicySets {
  const sets = readSets(readArguments(directive).policies);
  if (arePoliciesKnown(sets)) return sets;
  const names = Object.keys(policies).join(', ');
  throw new Error(`@policy of ${place} names what is not enforced; there are ${names}.`);
}

/** The argument of @requiresScopes and @policy: a list of lists of names. */
function readSets(value: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(value)) return [];
  return value.map((set: unknown) => (Array.isArray(set) ? set.map(String) : [String(set)]));
}

function joinDemands(demands: readonly (Demand | undefined)[]): Demand | undefined {
  const present = demands.filter((demand) => demand !== undefined);
  if (present.length === 0) return undefined;
  return {
    scopes: distinct(present.flatMap((demand) => demand.scopes)),
    policies: distinct(present.flatMap((demand) => demand.policies)),
  };
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function readTypeName(field: FieldDefinitionNode): string {
  let type = field.type;
  while (type.kind !== Kind.NAMED_TYPE) type = type.type;
  return type.name.value;
}

/**
 * Reads @authenticated, @requiresScopes, @policy, @cost and @listSize of a composed schema. Fails closed: a field of
 * an interface demands what any implementation's field demands, and a field demands what its type demands. Throws
 * for @cost on an input field, which is not counted, and for a @policy that is not enforced.
 */
export function readPolicy(supergraph: DocumentNode): PolicyIndex {
  const types = new Map<string, TypeDefinitionNode>();
  const implementations = new Map<string, string[]>();
  for (const definition of supergraph.definitions) {
    if (!('fields' in definition) && definition.kind !== Kind.UNION_TYPE_DEFINITION) {
      if (definition.kind === Kind.SCALAR_TYPE_DEFINITION || definition.kind === Kind.ENUM_TYPE_DEFINITION) {
        types.set(definition.name.value, definition);
      }
      continue;
    }
    if (
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION
    ) {
      types.set(definition.name.value, definition);
      for (const name of definition.interfaces ?? []) {
        implementations.set(name.name.value, [
          ...(implementations.get(name.name.value) ?? []),
          definition.name.value,
        ]);
      }
    }
    if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      for (const field of definition.fields ?? []) {
        if (find(field.directives, 'cost') === undefined) continue;
        const place = `${definition.name.value}.${field.name.value}`;
        throw new Error(`@cost on the input field ${place} is not counted; put it on the argument.`);
      }
    }
  }

  const findField = (typeName: string, fieldName: string): FieldDefinitionNode | undefined => {
    const type = types.get(typeName);
    if (type === undefined || !('fields' in type)) return undefined;
    return (type.fields as readonly FieldDefinitionNode[] | undefined)?.find(
      (field) => field.name.value === fieldName,
    );
  };
  const demandOfField = (typeName: string, fieldName: string): Demand | undefined => {
    const field = findField(typeName, fieldName);
    const returned = field === undefined ? undefined : types.get(readTypeName(field));
    return joinDemands([
      readDemand(types.get(typeName)?.directives, typeName),
      readDemand(field?.directives, `${typeName}.${fieldName}`),
      readDemand(returned?.directives, returned?.name.value ?? ''),
      ...(implementations.get(typeName) ?? []).map((name) => demandOfField(name, fieldName)),
    ]);
  };

  const requirements = new Map<string, Requirement>();
  const intern = (demand: Demand | undefined): Requirement | undefined => {
    if (demand === undefined) return undefined;
    const key = JSON.stringify([demand.scopes, demand.policies]);
    const known = requirements.get(key) ?? { key, ...demand };
    requirements.set(key, known);
    return known;
  };

  const policies = new Map<string, FieldPolicy>();
  for (const [typeName, type] of types) {
    if (!('fields' in type)) continue;
    for (const field of (type.fields ?? []) as readonly FieldDefinitionNode[]) {
      policies.set(`${typeName}.${field.name.value}`, {
        requirement: intern(demandOfField(typeName, field.name.value)),
        cost: readWeight(field.directives),
        listSize: readListSize(field.directives),
        audited: auditedAction(field.directives),
        metered: find(field.directives, 'quota') !== undefined,
        charged: isCharged(field.directives),
        argumentCosts: new Map(
          (field.arguments ?? []).flatMap((argument) => {
            const weight = readWeight(argument.directives);
            return weight === undefined ? [] : [[argument.name.value, weight] as const];
          }),
        ),
      });
    }
  }
  return {
    field: (typeName, fieldName) => policies.get(`${typeName}.${fieldName}`),
    typeCost: (typeName) => readWeight(types.get(typeName)?.directives),
  };
}
