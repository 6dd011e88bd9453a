import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { isInterfaceType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { readSupergraph } from '#schema/compose.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/frontend.md'), 'utf8');

/** The blocks of code of the page, by the heading that they stand under. */
const blocks = new Map(
  page
    .split(/^## /m)
    .map((section) => [section.split('\n', 1)[0], section.match(/^```\w+\n([\s\S]*?)^```/m)?.[1]] as const),
);
const beginning = blocks.get('# Frontend and clients');

describe('docs/frontend.md', () => {
  const mesh = findSharedMesh();

  /** Runs a block as a reader would, with the address of the mesh for the one on the page; answers what it prints. */
  async function run(program: string, args: readonly string[], code: string): Promise<string> {
    const text = code.replaceAll('http://127.0.0.1:4000', mesh.url);
    const { stdout } = await promisify(execFile)(program, [...args, text], {
      cwd: root,
      timeout: 20_000,
      env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
    });
    return stdout;
  }

  const typescript: readonly (readonly [heading: string, printed: RegExp])[] = [
    ['fetch', /^One thread after another\n$/],
    ['OpenAI SDKs', /^One thread after another$/],
    ['Browsers: page tokens', /^ada: One thread after another\n$/],
    ['Streams: graphql-ws, graphql-sse', /CompletionStarted[\s\S]*'thread '[\s\S]*CompletionFinished/],
    ['Apollo Client', /CompletionStarted[\s\S]*'thread '[\s\S]*CompletionFinished/],
    ['urql', /CompletionStarted[\s\S]*'thread '[\s\S]*CompletionFinished/],
  ];

  it.each(typescript)('%s: does as it is written', async (heading, printed) => {
    const code = `${blocks.get(heading)}`;
    const output = await run(process.execPath, ['--input-type=module-typescript', '-e'], beginning + code);
    expect(output).toMatch(printed);
  });

  it.runIf(spawnSync('python3', ['--version']).status === 0)('Python: does as it is written', async () => {
    expect(await run('python3', ['-c'], `${blocks.get('Python')}`)).toBe('One thread after another');
  });

  it('has no TypeScript that is not run here', () => {
    const begun = ['# Frontend and clients', ...typescript.map(([heading]) => heading)];
    const sections = page.split(/^## /m).filter((section) => section.includes('```ts\n'));
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(begun);
  });

  it('lists every type of CompletionEvent for the cache of Apollo Client', () => {
    const schema = buildApiSchema(readSupergraph() ?? '');
    const event = schema.getType('CompletionEvent');
    const listed = [...(page.match(/CompletionEvent: \[([^\]]*)\]/)?.[1] ?? '').matchAll(/'(\w+)'/g)];
    expect(listed.map(([, name]) => name).sort()).toEqual(
      isInterfaceType(event) &&
        schema
          .getPossibleTypes(event)
          .map(({ name }) => name)
          .sort(),
    );
  });
});
