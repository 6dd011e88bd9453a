import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import {
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
  visit,
} from 'graphql';
import type { GeneratedFile } from '#core/generated-file.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { readArguments } from '../directives.ts';
import { loadSubgraphSdl } from '../load-sdl.ts';
import { mappers } from './mappers.ts';

const header = '// Generated from the SDL by `npm run schema:compose`: do not edit.\n';

const common = {
  namingConvention: { enumValues: 'keep' },
  immutableTypes: true,
  skipTypename: true,
  useTypeImports: true,
};

const scalars = {
  ID: 'string',
  DateTime: { input: 'Date', output: 'Date | number' },
  Decimal: { input: 'string', output: 'string | bigint' },
  JSON: 'unknown',
  _FieldSet: 'string',
};

const isEnum = (definition: DefinitionNode): definition is EnumTypeDefinitionNode =>
  definition.kind === Kind.ENUM_TYPE_DEFINITION;

const isObject = (definition: DefinitionNode): definition is ObjectTypeDefinitionNode =>
  definition.kind === Kind.OBJECT_TYPE_DEFINITION;

/** The enums of the graph by name. Throws when two subgraphs define one differently. */
export function collectEnums(documents: readonly DocumentNode[]): readonly EnumTypeDefinitionNode[] {
  const enums = new Map<string, EnumTypeDefinitionNode>();
  for (const definition of documents.flatMap(({ definitions }) => definitions).filter(isEnum)) {
    const name = definition.name.value;
    const known = enums.get(name);
    if (known !== undefined && print(known) !== print(definition)) {
      throw new Error(`Two subgraphs define the enum ${name} differently: make the definitions equal.`);
    }
    enums.set(name, definition);
  }
  return [...enums.values()].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
}

const enumsPath = 'core/graph-enums.generated.ts';

async function generateEnums(enums: readonly EnumTypeDefinitionNode[]): Promise<GeneratedFile> {
  const text = await codegen({
    filename: enumsPath,
    schema: { kind: Kind.DOCUMENT, definitions: enums },
    documents: [],
    config: { ...common, onlyEnums: true, enumsAsConst: true },
    plugins: [{ typescript: {} }],
    pluginMap: { typescript },
  });
  return { path: enumsPath, text: `${header}\n${text}\n` };
}

/** The name of a type within lists and non-nulls. */
function nameOfType(type: TypeNode | undefined): string | undefined {
  if (type === undefined) return undefined;
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOfType(type.type);
}

/** The name that generated.ts imports a module by. */
const toAlias = (module: string) =>
  (/([^/]+)\.ts$/.exec(module)?.[1] ?? module).replaceAll(/-(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );

/** A type of a module, which is named by its path from the root: it cannot be taken for a type of the graph of the same name. */
const typeOfModule = (module: string, type: string) => `${toAlias(module)}.${type}`;

const runtimeModules = ['connection', 'context', 'entity'].map((file) => `subgraphs/runtime/${file}.ts`);

/** The imports of the modules that declare the types of the text. */
function printImports(name: SubgraphName, text: string): string {
  const lines = [...runtimeModules, ...Object.keys(mappers[name])].flatMap((module) => {
    const path = module.startsWith('subgraphs/') ? module.replace('subgraphs', '..') : `#${module}`;
    const isUsed = new RegExp(`\\b${toAlias(module)}\\.[A-Z]`).test(text);
    return isUsed ? [['import type * as', toAlias(module), 'from', `'${path}';\n`].join(' ')] : [];
  });
  return [...new Set(lines)].join('');
}

/** The TypeScript type behind each type of the graph that has another one than its own. */
function mapTypes(name: SubgraphName, document: DocumentNode): Map<string, string> {
  const types = new Map<string, string>();
  for (const [module, mapped] of Object.entries(mappers[name])) {
    for (const [type, behind] of Object.entries(mapped)) types.set(type, typeOfModule(module, behind));
  }
  const objects = new Map(document.definitions.filter(isObject).map((type) => [type.name.value, type]));
  for (const [type, { directives }] of objects) {
    const key = directives?.find((directive) => directive.name.value === 'key');
    if (types.has(type) || key === undefined || readArguments(key).resolvable !== false) continue;
    types.set(type, typeOfModule('subgraphs/runtime/entity.ts', 'EntityReference'));
  }
  const findTypeName = (type: string | undefined, field: string) =>
    nameOfType(objects.get(type ?? '')?.fields?.find((one) => one.name.value === field)?.type);
  for (const type of objects.keys()) {
    const edge = findTypeName(type, 'edges');
    const node = findTypeName(edge, 'node');
    if (edge === undefined || node === undefined || types.has(type)) continue;
    const connection = typeOfModule(
      'subgraphs/runtime/connection.ts',
      `Connection<${types.get(node) ?? node}>`,
    );
    types.set(type, connection).set(edge, `${connection}['edges'][number]`);
  }
  return types;
}

/**
 * Enums are not exported again, and are imported as elsewhere (the plugins take a # for their own sign). Null may be sent
 * for a nullable argument that has a default.
 */
function correct(text: string): string {
  return text
    .replaceAll(/^export \{ \w+ \};\n\n/gm, '')
    .replaceAll(`'../../${enumsPath}'`, `'#${enumsPath}'`)
    .replace('-?: NonNullable<T[P]>', '-?: T[P]');
}

async function generateResolvers(name: SubgraphName, document: DocumentNode): Promise<GeneratedFile> {
  const path = `subgraphs/${name}/generated.ts`;
  const enumNames = document.definitions.filter(isEnum).map((definition) => definition.name.value);
  const text = await codegen({
    filename: path,
    schema: document,
    documents: [],
    config: {
      ...common,
      strictScalars: true,
      scalars,
      enumValues: Object.fromEntries(enumNames.map((one) => [one, `../../${enumsPath}#${one}`])),
      maybeValue: 'T | null | Promise<T | null>',
      inputMaybeValue: 'T | null',
      avoidOptionals: { field: true, defaultValue: true },
      federation: true,
      contextType: typeOfModule('subgraphs/runtime/context.ts', 'SubgraphContext'),
      makeResolverTypeCallable: true,
      mappers: Object.fromEntries(mapTypes(name, document)),
    },
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers },
  });
  return { path, text: `${header}\n${printImports(name, text)}${correct(text)}\n` };
}

/** What types depend on: no descriptions, so that a change of words in the SDL changes no code, and no policy. */
function readTypes(name: SubgraphName): DocumentNode {
  const { kind, definitions } = visit(parse(loadSubgraphSdl(name), { noLocation: true }), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
    DirectiveDefinition: () => null,
    SchemaExtension: () => null,
    Directive: ({ name: { value } }) => (value === 'key' || value === 'oneOf' ? undefined : null),
  });
  return { kind, definitions };
}

/** Every file that is generated from the SDL of this checkout, beside the supergraph. */
export async function generateTypes(): Promise<readonly GeneratedFile[]> {
  const documents = new Map(subgraphNames.map((name) => [name, readTypes(name)]));
  const enums = collectEnums([...documents.values()]);
  return Promise.all([
    generateEnums(enums),
    ...[...documents].map(([name, document]) => generateResolvers(name, document)),
  ]);
}
