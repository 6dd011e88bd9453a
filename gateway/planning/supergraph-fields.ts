import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';

/** Names of fields, each with the arguments under which it is required, as text. */
export type Requirements = ReadonlyMap<string, ReadonlySet<string>>;

/** The fields of a supergraph, those that clients do not see included, and what the planner adds to operations. */
export interface SupergraphFields {
  /** True when any object or interface has a field of this name. */
  has(name: string): boolean;
  /** The types that the subgraphs declare for the field: they may differ where null is allowed, and in what is abstract. */
  readTypes(typeName: string, fieldName: string): string;
  /** What is required by the fields of a name, of all types; undefined for fields that require nothing with arguments. */
  findRequirements(fieldName: string): Requirements | undefined;
  /** What all keys and fields require. */
  readonly required: Requirements;
}

type Directives = FieldDefinitionNode['directives'];

/** What a directive states for each subgraph. */
function readTexts(directives: Directives, directive: string, argument: string): string[] {
  return (directives ?? []).flatMap(({ name, arguments: given = [] }) => {
    const value = given.find((one) => one.name.value === argument)?.value;
    return name.value === directive && value?.kind === Kind.STRING ? [value.value] : [];
  });
}

function addRequirements(to: Map<string, Set<string>>, fieldSet: string): void {
  visit(parse(`{ ${fieldSet} }`, { noLocation: true }), {
    Field({ name, arguments: given = [] }) {
      const texts = to.get(name.value) ?? new Set<string>();
      to.set(name.value, texts.add(given.map(print).sort().join()));
    },
  });
}

const hasArguments = (requirements: Requirements) =>
  [...requirements.values()].some((texts) => texts.size > 1 || !texts.has(''));

/** Reads the fields of a composed schema (join v0.3, @join__type and @join__field). */
export function readFields(supergraph: DocumentNode): SupergraphFields {
  const names = new Set<string>();
  const types = new Map<string, string>();
  const required = new Map<string, Set<string>>();
  const requiredBy = new Map<string, Map<string, Set<string>>>();

  const readField = (typeName: string, field: FieldDefinitionNode): void => {
    const name = field.name.value;
    names.add(name);
    const given = new Set(readTexts(field.directives, 'join__field', 'type'));
    types.set(`${typeName}.${name}`, given.size === 0 ? print(field.type) : [...given].sort().join());
    for (const text of readTexts(field.directives, 'join__field', 'requires')) {
      const own = requiredBy.get(name) ?? new Map<string, Set<string>>();
      requiredBy.set(name, own);
      addRequirements(own, text);
      addRequirements(required, text);
    }
  };

  for (const definition of supergraph.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    const { name, directives, fields = [] } = definition as ObjectTypeDefinitionNode;
    for (const text of readTexts(directives, 'join__type', 'key')) addRequirements(required, text);
    for (const field of fields) readField(name.value, field);
  }
  for (const [name, requirements] of requiredBy) if (!hasArguments(requirements)) requiredBy.delete(name);
  return {
    has: (name) => names.has(name),
    readTypes: (typeName, fieldName) => types.get(`${typeName}.${fieldName}`) ?? '',
    findRequirements: (fieldName) => requiredBy.get(fieldName),
    required,
  };
}

/** The subgraphs that a supergraph is made of (join v0.3, enum join__Graph). */
export function readSubgraphNames(supergraph: DocumentNode): string[] {
  return supergraph.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') return [];
    return (definition.values ?? []).flatMap(
      (value) =>
        value.directives?.flatMap((directive) =>
          (directive.arguments ?? []).flatMap(({ name, value: text }) =>
            name.value === 'name' && text.kind === Kind.STRING ? [text.value] : [],
          ),
        ) ?? [],
    );
  });
}
