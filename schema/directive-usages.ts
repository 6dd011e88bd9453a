import {
  type ConstDirectiveNode,
  type DirectiveDefinitionNode,
  Kind,
  parse,
  type TypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { readArguments } from './directives.ts';

/** The arguments of one use of a directive, the defaults of its definition included. */
export type DirectiveArguments = Readonly<Record<string, unknown>>;

/** The directives of one element, by name; a repeatable one may stand several times. */
export type DirectivesByName = ReadonlyMap<string, readonly DirectiveArguments[]>;

/** Federation's own machinery, which composition writes. */
function isMachinery(name: string): boolean {
  return name === 'link' || name.startsWith('join__');
}

/** Every element of a supergraph by its coordinate (`Type`, `Type.field`, `Type.field(argument:)`) with its directives. */
export function directiveUsages(sdl: string): ReadonlyMap<string, DirectivesByName> {
  const { definitions } = parse(sdl, { noLocation: true });
  const defaults = new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.DIRECTIVE_DEFINITION
        ? [[definition.name.value, readDefaults(definition)] as const]
        : [],
    ),
  );
  const found = new Map<string, DirectivesByName>();
  const add = (where: string, directives: readonly ConstDirectiveNode[] = []) => {
    const byName = new Map<string, DirectiveArguments[]>();
    for (const directive of directives) {
      const name = directive.name.value;
      if (isMachinery(name)) continue;
      const list = byName.get(name) ?? [];
      list.push({ ...defaults.get(name), ...readArguments(directive) });
      byName.set(name, list);
    }
    found.set(where, byName);
  };
  for (const definition of definitions) {
    if (!isTypeDefinition(definition)) continue;
    const type = definition.name.value;
    if (isMachinery(type)) continue;
    add(type, definition.directives);
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
      for (const value of definition.values ?? []) add(`${type}.${value.name.value}`, value.directives);
    }
    if (!('fields' in definition)) continue;
    for (const field of definition.fields ?? []) {
      const where = `${type}.${field.name.value}`;
      add(where, field.directives);
      if (field.kind !== Kind.FIELD_DEFINITION) continue;
      for (const argument of field.arguments ?? []) {
        add(`${where}(${argument.name.value}:)`, argument.directives);
      }
    }
  }
  return found;
}

function readDefaults({ arguments: args = [] }: DirectiveDefinitionNode): DirectiveArguments {
  return Object.fromEntries(
    args.flatMap(({ name, defaultValue }) =>
      defaultValue === undefined ? [] : [[name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
}

function isTypeDefinition(definition: { readonly kind: Kind }): definition is TypeDefinitionNode {
  return (
    definition.kind === Kind.SCALAR_TYPE_DEFINITION ||
    definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    definition.kind === Kind.UNION_TYPE_DEFINITION ||
    definition.kind === Kind.ENUM_TYPE_DEFINITION ||
    definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION
  );
}
