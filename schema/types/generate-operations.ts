import { readdirSync, readFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  printSchema,
  stripIgnoredCharacters,
  validate,
  visit,
} from 'graphql';
import type { GeneratedFile } from '#core/generated-file.ts';
import { buildApiSchema } from '../api-schema.ts';
import { CompositionError } from '../compose.ts';

const doorsUrl = new URL('../../gateway/doors/', import.meta.url);
const generatedPath = 'gateway/doors/operations.generated.ts';
/** The plugin takes a # for its own sign. */
const enumsFile = '../../core/graph-enums.generated.ts';
const enumsModule = '#core/graph-enums.generated.ts';

const header = `// Generated from gateway/doors/*/operations.graphql by \`npm run schema:compose\`: do not edit.
${['import', '{ DeclaredOperation }', 'from'].join(' ')} '../operations/declared-operation.ts';
`;

/** A file of operations that a handler sends. */
interface OperationsFile {
  readonly path: string;
  readonly document: DocumentNode;
}

function readOperations(): readonly OperationsFile[] {
  return readdirSync(doorsUrl, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.graphql'))
    .sort()
    .map((path) => ({
      path: `gateway/doors/${path}`,
      document: parse(readFileSync(new URL(path, doorsUrl), 'utf8'), { noLocation: true }),
    }));
}

const isOperation = (definition: { readonly kind: string }): definition is OperationDefinitionNode =>
  definition.kind === Kind.OPERATION_DEFINITION;

/** The fragments that a definition spreads, at any depth. */
function withFragments(operation: OperationDefinitionNode, all: DocumentNode): DocumentNode {
  const needed = new Set<string>();
  const collect = (node: Parameters<typeof visit>[0]): void => {
    visit(node, {
      FragmentSpread: ({ name: { value } }) => {
        if (needed.has(value)) return;
        needed.add(value);
        const fragment = all.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === value,
        );
        if (fragment !== undefined) collect(fragment);
      },
    });
  };
  collect(operation);
  const fragments = all.definitions.filter(
    (one) => one.kind === Kind.FRAGMENT_DEFINITION && needed.has(one.name.value),
  );
  return { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const uncapitalize = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The constant of one operation: `chatComplete` of `mutation ChatComplete`. */
function printConstant(operation: OperationDefinitionNode, all: DocumentNode): string {
  const name = operation.name?.value;
  if (name === undefined) throw new Error(`Name every operation of a handler: ${print(operation)}`);
  const type = `${name}${capitalize(operation.operation)}`;
  const text = stripIgnoredCharacters(print(withFragments(operation, all)));
  return `export const ${uncapitalize(name)} = new DeclaredOperation<${type}, ${type}Variables>(\n  ${JSON.stringify(text)},\n);\n`;
}

/** The graph without descriptions: a change of words in the SDL changes no code. */
function printBare(schema: GraphQLSchema): DocumentNode {
  return visit(parse(printSchema(schema), { noLocation: true }), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
  });
}

/**
 * The operations that the handlers of gateway/doors send, with the types of their variables and results. Throws where an
 * operation does not fit the graph.
 */
export async function generateOperations(supergraphSdl: string): Promise<GeneratedFile> {
  const schema = buildApiSchema(supergraphSdl);
  const files = readOperations();
  const all: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: files.flatMap(({ document }) => document.definitions),
  };
  const errors = validate(schema, all);
  if (errors.length > 0) {
    throw new CompositionError(errors.map(({ message }) => `gateway/doors/*/operations.graphql: ${message}`));
  }
  const enumNames = Object.values(schema.getTypeMap()).flatMap(({ astNode, name }) =>
    astNode?.kind === Kind.ENUM_TYPE_DEFINITION ? [name] : [],
  );
  const text = await codegen({
    filename: generatedPath,
    schema: printBare(schema),
    documents: files.map(({ path, document }) => ({ location: path, document })),
    config: {
      namingConvention: 'keep',
      immutableTypes: true,
      useTypeImports: true,
      strictScalars: true,
      skipTypename: true,
      scalars: { ID: 'string', DateTime: 'string', Decimal: 'string', JSON: 'unknown' },
      enumValues: Object.fromEntries(enumNames.map((name) => [name, `${enumsFile}#${name}`])),
    },
    plugins: [{ typescriptOperations: {} }],
    pluginMap: { typescriptOperations },
  });
  const constants = all.definitions.filter(isOperation).map((operation) => printConstant(operation, all));
  return { path: generatedPath, text: `${header}${printTypes(text)}\n${constants.join('\n')}` };
}

/** The types as the plugin prints them, with one import of the enums that they name, which are not exported again. */
function printTypes(text: string): string {
  const imported = /^import type \{ (\w+) \} from '[^']+';\n/gm;
  const enums = [...text.matchAll(imported)].map(([, name]) => name).sort();
  const types = text
    .replaceAll(imported, '')
    .replaceAll(/^export \{ \w+ \};\n\n/gm, '')
    .replace(/\/\*\* Internal type.*\nexport type Incremental.*\n/, '');
  const names = `{ ${enums.join(', ')} }`;
  // In pieces: a line of this form would be read as an import of this module.
  return `${['import', 'type', names, 'from'].join(' ')} '${enumsModule}';\n\n${types}\n`;
}
