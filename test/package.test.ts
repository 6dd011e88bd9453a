import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModuleGraph } from '#deploy/module-graph.ts';
import { createTestClient } from './support/client.ts';
import { newAdminKey, startCommand, temporaryDirectory } from './support/mesh.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** What a shell has that no npm script started: the machine's own Node, and no settings of this repository. */
const shell = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|INIT_CWD|VITEST|HEDDLE_)/.test(name)),
) as Record<string, string>;
shell.PATH = (process.env.PATH ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');

describe('the production install', () => {
  it('has the packages that heddle imports, and Node, and no other', () => {
    const { packages } = readModuleGraph(root, ['cli/main.ts', 'cli/healthcheck.ts']);
    // Two commands for checkouts compare schemas and generate types; elsewhere they report what they lack.
    const inCheckouts = [
      'schema/check/check.ts',
      'schema/check/client-changes.ts',
      'schema/types/generate-operations.ts',
      'schema/types/generate.ts',
    ];
    const imported = [...packages]
      .filter(([, modules]) => modules.some((module) => !inCheckouts.includes(module)))
      .map(([name]) => name);
    expect(Object.keys(manifest.dependencies).sort()).toEqual([...imported, 'node'].sort());
  });
});

describe('the production install of a checkout', () => {
  it('takes less than 185 MB beside the package node', async () => {
    const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>>;
    };
    const folders = Object.entries(packages)
      .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && dev !== true && link !== true)
      .map(([path]) => path)
      .filter((path) => !/^node_modules\/node(?:-|$)/.test(path) && existsSync(join(root, path)));
    expect(folders.length).toBeGreaterThan(100);
    const { stdout } = await run('du', ['-skc', '--exclude=node_modules/*/node_modules', ...folders], {
      cwd: root,
    });
    const total = Number.parseInt(stdout.trimEnd().split('\n').at(-1) ?? '', 10);
    expect((total * 1_024) / 1_000_000).toBeLessThan(185);
  });
});

describe('the packed tarball', () => {
  let stack: AsyncDisposableStack;
  let packed: readonly string[];
  let folder: string;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    // On the disk: its programs are run.
    const { path } = stack.use(await temporaryDirectory(tmpdir()));
    // The Node of this process builds it: the machine's may be too old.
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', path], { cwd: root });
    const [pack] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [
      { filename: string; files: { path: string }[] },
    ];
    packed = pack.files.map((file) => file.path);
    folder = join(path, 'empty');
    await mkdir(folder);
    await run('npm', ['install', '--prefer-offline', '--no-save', join(path, pack.filename)], {
      cwd: folder,
      env: shell,
    });
  }, 300_000);
  afterAll(() => stack.disposeAsync());

  it('holds JavaScript for Node, the files that it reads, and neither tests nor TypeScript', () => {
    expect(packed).toEqual(
      expect.arrayContaining(['cli/heddle.js', 'dist/cli/main.js', 'dist/schema/supergraph.graphql']),
    );
    expect(packed.filter((path) => /\.ts$|test|suite|bench|\.env/.test(path))).toEqual([]);
  });

  it('installs less than 210 MB beside the package node, in whatever versions npm chooses', async () => {
    const megabytes = async (path: string) => {
      const { stdout } = await run('du', ['-sk', path], { cwd: folder });
      return (Number.parseInt(stdout, 10) * 1_024) / 1_000_000;
    };
    const total = await megabytes('node_modules');
    expect(total).toBeGreaterThan(10);
    expect(total - (await megabytes('node_modules/node'))).toBeLessThan(210);
  });

  it('runs npx heddle --version in the folder that it was installed into', async () => {
    const { stdout } = await run('npx', ['--no-install', 'heddle', '--version'], { cwd: folder, env: shell });
    expect(stdout.trim()).toBe(manifest.version);
  });

  it('serves a completion, and ends by its signal with code 0', async () => {
    const key = newAdminKey();
    const heddle = stack.use(
      startCommand(join(folder, 'node_modules/.bin/heddle'), ['serve'], {
        PATH: `${join(folder, 'node_modules/.bin')}:${shell.PATH}`,
        PORT: '0',
        HEDDLE_ADMIN_KEY: key,
        HEDDLE_DATA_DIR: join(folder, 'data'),
      }),
    );
    const [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    const query =
      'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "packed" }] }) { text } }';
    expect(await createTestClient(url, key).data(query)).toMatchObject({
      complete: { text: expect.stringContaining('packed') },
    });
    expect(await heddle.end()).toBe(0);
  });

  it('states what schema check lacks where only the package is installed', async () => {
    const failed = await run('npx', ['--no-install', 'heddle', 'schema', 'check'], {
      cwd: folder,
      env: shell,
    }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/schema check: run it in a checkout/),
    });
  });
});
