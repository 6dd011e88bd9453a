import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { printSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { readSupergraph } from '#schema/compose.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';

const require = createRequire(import.meta.url);
const compiler = require.resolve('relay-compiler/cli.js');
const run = promisify(execFile);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await mkdir(join(directory.path, 'src'));
  const schema = printSchema(buildApiSchema(readSupergraph() ?? ''));
  await writeFile(join(directory.path, 'schema.graphql'), schema);
  await writeFile(
    join(directory.path, 'relay.config.json'),
    JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'javascript',
      customScalarTypes: {},
    }),
  );
});
afterAll(() => directory?.[Symbol.asyncDispose]());

/** Compiles one file of tagged documents; the messages of relay-compiler where it refuses. */
async function compile(name: string, documents: readonly string[]): Promise<string> {
  const source = documents.map((document) => `graphql\`${document}\`;`).join('\n');
  await writeFile(join(directory.path, 'src', `${name}.js`), source);
  return run(process.execPath, [compiler, 'relay.config.json'], { cwd: directory.path }).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
}

const artifact = (name: string) =>
  readFile(join(directory.path, 'src', '__generated__', `${name}.graphql.js`), 'utf8');

describe('relay-compiler', () => {
  it('takes @refetchable on a fragment of every type that implements Node', async () => {
    const nodes = buildApiSchema(readSupergraph() ?? '');
    const types = nodes.getPossibleTypes(nodes.getType('Node') as never).map(({ name }) => name);
    expect(types.length).toBeGreaterThan(15);
    const documents = types.map(
      (type) => `fragment every_${type} on ${type} @refetchable(queryName: "every${type}Query") { id }`,
    );
    expect(await compile('every', documents)).toBe('');
    for (const type of types) expect(await artifact(`every${type}Query`)).toContain('"name": "node"');
  });

  it.each([
    ['Prompt', 'versions', 'number'],
    ['Query', 'invocations', 'kind'],
  ])('takes a connection to page through: %s.%s', async (type, field, leaf) => {
    const name = `page${type}`;
    const fragment = `fragment ${name}_list on ${type}
      @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
      @refetchable(queryName: "${name}Query") {
        ${field}(first: $count, after: $cursor) @connection(key: "${name}_${field}") { edges { node { id ${leaf} } } }
      }`;
    expect(await compile(name, [fragment])).toBe('');
    expect(await artifact(`${name}Query`)).toContain('"connection"');
  });

  it.each([
    ['deleteRoute', 'alias'],
    ['deleteModel', 'id'],
    ['deleteProvider', 'id'],
    ['removeProviderCredential', 'id'],
    ['removeMember', 'id'],
    ['deleteBudget', 'id'],
    ['deletePlan', 'id'],
    ['withdrawAccess', 'id'],
    ['archivePrompt', 'id'],
    ['archiveApp', 'id'],
    ['archiveTenant', 'id'],
  ])('takes @deleteRecord and @deleteEdge on the id that %s returns', async (mutation, argument) => {
    const query = `mutation ${mutation}Mutation($id: ID!, $connections: [ID!]!) {
      ${mutation}(${argument}: $id) @deleteRecord @deleteEdge(connections: $connections)
    }`;
    expect(await compile(mutation, [query])).toBe('');
    expect(await artifact(`${mutation}Mutation`)).toContain('"deleteRecord"');
  });

  it('refuses what the schema has not', async () => {
    expect(await compile('wrong', ['query wrongQuery { nothing }'])).toContain('nothing');
  });
});
