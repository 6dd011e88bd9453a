import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  printSchema,
  type TypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Caller } from '#core/caller.ts';
import { meets } from './auth.ts';
import type { PolicyIndex, Requirement } from './policy.ts';

/** Schemas of different grants that are remembered: those of the built-in roles, and some others. */
const schemasMax = 20;

const roots = ['Query', 'Mutation', 'Subscription'];

/** What each caller may reach of a schema: the fields whose requirements it meets, and the types that they lead to. */
export class RoleSchemas {
  readonly #document: DocumentNode;
  readonly #policy: PolicyIndex;
  readonly #requirements: readonly Requirement[];
  readonly #schemas = new LRUCache<string, GraphQLSchema>({ max: schemasMax });

  constructor(schema: GraphQLSchema, policy: PolicyIndex) {
    this.#document = parse(printSchema(schema), { noLocation: true });
    this.#policy = policy;
    const all = this.#document.definitions.flatMap((definition) =>
      isOutput(definition)
        ? (definition.fields ?? []).map((field) => this.#findRequirement(definition, field.name.value))
        : [],
    );
    this.#requirements = [...new Set(all)].filter((requirement) => requirement !== undefined);
  }

  /** The schema as the caller sees it: the same one for all callers with the same grants. */
  find(caller: Caller): GraphQLSchema {
    const key = this.#requirements.map((requirement) => (meets(caller, requirement) ? '1' : '0')).join('');
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    const schema = this.#build(caller);
    this.#schemas.set(key, schema);
    return schema;
  }

  #findRequirement(type: OutputType, field: string): Requirement | undefined {
    return this.#policy.field(type.name.value, field)?.requirement;
  }

  #build(caller: Caller): GraphQLSchema {
    const open = this.#document.definitions.map((definition) => {
      if (!isOutput(definition)) return definition;
      const fields = definition.fields?.filter((field) => {
        const requirement = this.#findRequirement(definition, field.name.value);
        return requirement === undefined || meets(caller, requirement);
      });
      return { ...definition, ...(fields === undefined ? {} : { fields }) };
    });
    const whole = withoutEmptyTypes(open);
    const reached = findReached(whole);
    const definitions = whole
      .filter(
        (definition) =>
          !('fields' in definition || isNamedType(definition)) || reached.has(readName(definition)),
      )
      .map((definition) => withoutTypes(definition, (name) => reached.has(name)));
    return buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValid: true, assumeValidSDL: true });
  }
}

type OutputType = Extract<
  DefinitionNode,
  { kind: Kind.OBJECT_TYPE_DEFINITION | Kind.INTERFACE_TYPE_DEFINITION }
>;

function isOutput(definition: DefinitionNode): definition is OutputType {
  return (
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
  );
}

function isNamedType({ kind }: DefinitionNode): boolean {
  return kind.endsWith('TypeDefinition');
}

function readName(definition: DefinitionNode): string {
  return 'name' in definition ? (definition.name?.value ?? '') : '';
}

function readTypeName(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : readTypeName(type.type);
}

/** The definition without what leads to types that are not kept. */
function withoutTypes(definition: DefinitionNode, isKept: (name: string) => boolean): DefinitionNode {
  if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
    return { ...definition, types: definition.types?.filter(({ name }) => isKept(name.value)) ?? [] };
  }
  if (definition.kind === Kind.SCHEMA_DEFINITION) {
    const operationTypes = definition.operationTypes.filter(({ type }) => isKept(type.name.value));
    return { ...definition, operationTypes };
  }
  if (!isOutput(definition)) return definition;
  return {
    ...definition,
    fields: definition.fields?.filter(({ type }) => isKept(readTypeName(type))) ?? [],
    interfaces: definition.interfaces?.filter(({ name }) => isKept(name.value)) ?? [],
  };
}

/** A type without fields or members is gone, and with it the fields that lead to it, until none is left. */
function withoutEmptyTypes(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const empty = definitions.filter(
    (definition) =>
      (isOutput(definition) && definition.fields?.length === 0) ||
      (definition.kind === Kind.UNION_TYPE_DEFINITION && definition.types?.length === 0),
  );
  if (empty.length === 0) return definitions;
  const names = new Set(empty.map(readName));
  const left = definitions.filter((definition) => !names.has(readName(definition)));
  return withoutEmptyTypes(left.map((definition) => withoutTypes(definition, (name) => !names.has(name))));
}

/** The names of the types that the root types lead to, those of scalars of the language included. */
function findReached(definitions: readonly DefinitionNode[]): ReadonlySet<string> {
  const byName = new Map(definitions.map((definition) => [readName(definition), definition]));
  const reached = new Set<string>();
  const open = [...roots];
  for (const definition of definitions) {
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION) continue;
    for (const { type } of definition.arguments ?? []) open.push(readTypeName(type));
  }
  for (const name of open) {
    if (reached.has(name)) continue;
    reached.add(name);
    const definition = byName.get(name);
    if (definition !== undefined) open.push(...listTypesBelow(definition, definitions));
  }
  return reached;
}

function listTypesBelow(
  definition: DefinitionNode,
  definitions: readonly DefinitionNode[],
): readonly string[] {
  if (definition.kind === Kind.UNION_TYPE_DEFINITION)
    return definition.types?.map(({ name }) => name.value) ?? [];
  if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
    return definition.fields?.map(({ type }) => readTypeName(type)) ?? [];
  }
  if (!isOutput(definition)) return [];
  const own = (definition.fields ?? []).flatMap(({ type, arguments: args = [] }) =>
    [type, ...args.map((argument) => argument.type)].map(readTypeName),
  );
  const implementing = definitions
    .filter(
      (one) => isOutput(one) && one.interfaces?.some(({ name }) => name.value === definition.name.value),
    )
    .map(readName);
  const isInterface = definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return [
    ...own,
    ...(definition.interfaces ?? []).map(({ name }) => name.value),
    ...(isInterface ? implementing : []),
  ];
}
