import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildClientSchema,
  type DefinitionNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  getIntrospectionQuery,
  type InputValueDefinitionNode,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredInputField,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  print,
  printSchema,
  validateSchema,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPolicy } from '#gateway/directives/policy.ts';
import { readSupergraph } from '#schema/compose.ts';
import { createTestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const { definitions } = parse(readFileSync(join(import.meta.dirname, 'contract.graphql'), 'utf8'));
const promised = definitions.flatMap((definition) =>
  'name' in definition && definition.name !== undefined ? [{ name: definition.name.value, definition }] : [],
);

const mesh = findSharedMesh();
let introspected: IntrospectionQuery;
let graph: GraphQLSchema;
beforeAll(async () => {
  const client = createTestClient(mesh.url, mesh.adminKey);
  introspected = await client.data<IntrospectionQuery>(
    getIntrospectionQuery({ inputValueDeprecation: true }),
  );
  graph = buildClientSchema(introspected);
});

const input = ({ name, type, defaultValue }: InputValueDefinitionNode) =>
  `${name.value}: ${print(type)}${defaultValue === undefined ? '' : ` = ${print(defaultValue)}`}`;
const field = ({ name, arguments: given = [], type }: FieldDefinitionNode) => [
  `${name.value}: ${print(type)}`,
  ...given.map((argument) => `${name.value}(${input(argument)})`),
];

/** What a definition promises, one line each. */
function listPromises(definition: DefinitionNode): readonly string[] {
  switch (definition.kind) {
    case 'EnumTypeDefinition':
      return (definition.values ?? []).map(({ name }) => name.value);
    case 'InputObjectTypeDefinition':
      return (definition.fields ?? []).map(input);
    case 'ObjectTypeDefinition':
    case 'InterfaceTypeDefinition':
      return [
        ...(definition.interfaces ?? []).map(({ name }) => `implements ${name.value}`),
        ...(definition.fields ?? []).flatMap(field),
      ];
    default:
      return [];
  }
}

/** The lines of a live type, with and without the defaults, which may be added. */
function keptBy(name: string): readonly string[] {
  const definition = parse(printSchema(graph)).definitions.find(
    (candidate) => 'name' in candidate && candidate.name?.value === name,
  );
  if (definition === undefined) return [];
  return listPromises(definition).flatMap((line) => [line, line.replace(/ = [^)]*(?=\)?$)/, '')]);
}

describe('the public graph', () => {
  it.each(promised)('keeps every name, type and nullability of $name', ({ name, definition }) => {
    const type = graph.getType(name);
    expect(type, `there is no type ${name}`).toBeDefined();
    expect(keptBy(name)).toEqual(expect.arrayContaining([...listPromises(definition)]));
    if (definition.kind === 'ScalarTypeDefinition') expect(isScalarType(type)).toBe(true);
  });

  it('demands no more than was promised: whatever else an input or a field takes is optional', () => {
    for (const { name, definition } of promised) {
      const type = graph.getType(name);
      if (definition.kind === 'InputObjectTypeDefinition' && isInputObjectType(type)) {
        const known = definition.fields?.map((each) => each.name.value);
        for (const each of Object.values(type.getFields())) {
          if (!known?.includes(each.name))
            expect(isRequiredInputField(each), `${name}.${each.name}`).toBe(false);
        }
      }
      if (definition.kind === 'ObjectTypeDefinition' && isObjectType(type)) {
        for (const { name: fieldName, arguments: given = [] } of definition.fields ?? []) {
          for (const argument of type.getFields()[fieldName.value]?.args ?? []) {
            if (given.some((each) => each.name.value === argument.name)) continue;
            expect(String(argument.type), `${name}.${fieldName.value}(${argument.name})`).not.toMatch(/!$/);
          }
        }
      }
    }
  });

  it('introspects as a valid schema, without what is for the mesh alone', () => {
    expect(validateSchema(graph)).toEqual([]);
    const sdl = printSchema(graph);
    expect(sdl).not.toMatch(/_caller|_entities|_service|join__|link__|federation__|_Any\b/);
    expect(sdl).toContain('complete(');
  });

  it('pages through every connection in the way of Relay', () => {
    const connections = Object.values(graph.getTypeMap()).filter(({ name }) => name.endsWith('Connection'));
    expect(connections.length).toBeGreaterThanOrEqual(6);
    for (const connection of connections) {
      if (!isObjectType(connection)) throw new Error(`${connection.name} is no object type`);
      const { edges, pageInfo } = connection.getFields();
      expect(String(pageInfo?.type)).toBe('PageInfo!');
      expect(String(connection.getFields().totalCount?.type)).toBe('Int!');
      const edge = graph.getType(String(edges?.type).replaceAll(/[[\]!]/g, ''));
      expect(isObjectType(edge) && String(edge.getFields().cursor?.type)).toBe('String!');
      expect(isObjectType(edge) && edge.getFields().node).toBeTruthy();
    }
  });

  it('lets every connection be read from both ends and ordered, with the size of its page as its cost', () => {
    const policy = readPolicy(parse(readSupergraph() ?? ''));
    const fields = Object.values(graph.getTypeMap()).flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter((each) => String(each.type).endsWith('Connection!'))
            .map((each) => ({ type: type.name, name: each.name, args: each.args.map((arg) => arg.name) }))
        : [],
    );
    expect(fields.length).toBeGreaterThanOrEqual(11);
    for (const { type, name, args } of fields) {
      expect(args, name).toEqual(expect.arrayContaining(['first', 'after', 'last', 'before', 'orderBy']));
      // Versions are numbered without gaps, which tells their pages; one is found by number or label.
      if (name !== 'versions') expect(args, name).toContain('filter');
      expect(policy.field(type, name)?.listSize, name).toEqual({
        assumedSize: 50,
        slicingArguments: ['first', 'last'],
        sizedFields: ['edges'],
      });
    }
  });

  it('describes every type, field, argument and value', () => {
    const silent: string[] = [];
    const hear = (what: string, description: string | null | undefined) => {
      if (!description?.trim()) silent.push(what);
    };
    for (const type of Object.values(graph.getTypeMap())) {
      if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
      if (!['Query', 'Mutation', 'Subscription'].includes(type.name)) hear(type.name, type.description);
      if (isEnumType(type))
        for (const value of type.getValues()) hear(`${type.name}.${value.name}`, value.description);
      if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
        for (const each of Object.values(type.getFields())) {
          hear(`${type.name}.${each.name}`, each.description);
          const given = 'args' in each ? each.args : [];
          for (const argument of given)
            hear(`${type.name}.${each.name}(${argument.name})`, argument.description);
        }
      }
    }
    expect(silent).toEqual([]);
  });
});
