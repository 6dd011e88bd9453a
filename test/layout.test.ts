import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { subgraphNames } from '#core/subgraph-names.ts';
import { findBareCatches } from './support/bare-catches.ts';
import { findTimedVerdicts } from './support/timed-verdicts.ts';

const root = resolve(import.meta.dirname, '..');

/** What each part may import of ours: path prefixes. The first rule whose `part` fits a file is the one that binds it. */
const rules: readonly { readonly part: string; readonly mayImport: readonly string[] }[] = [
  { part: 'cli/', mayImport: [''] },
  { part: 'test/', mayImport: [''] },
  { part: 'bench/', mayImport: [''] },
  { part: 'deploy/', mayImport: ['deploy/', 'cli/bundle.ts'] },
  {
    part: 'server/',
    mayImport: [
      'server/',
      'gateway/',
      'subgraphs/',
      'inference/',
      'deliveries/',
      'providers/',
      'catalog/',
      'transport/',
      'telemetry/',
      'schema/',
      'state/',
      'mongo/',
      'core/',
    ],
  },
  { part: 'gateway/', mayImport: ['gateway/', 'transport/', 'schema/', 'state/', 'core/'] },
  { part: 'transport/', mayImport: ['transport/', 'schema/', 'state/', 'core/'] },
  {
    part: 'subgraphs/runtime/',
    mayImport: [
      'subgraphs/runtime/',
      'transport/',
      'schema/',
      'state/',
      'mongo/audit/log.ts',
      'mongo/events.ts',
      'mongo/locks.ts',
      'core/',
    ],
  },
  ...subgraphNames.map((name) => ({
    part: `subgraphs/${name}/`,
    mayImport: [
      `subgraphs/${name}/`,
      'subgraphs/runtime/',
      ...(name === 'inference' ? ['inference/', 'guardrails/', 'providers/'] : []),
      ...(name === 'tenants' ? ['guardrails/', 'deliveries/'] : []),
      ...(name === 'models' ? ['providers/registry/', 'providers/vendor.ts'] : []),
      'catalog/',
      'transport/',
      'schema/',
      'state/',
      'mongo/',
      'core/',
    ],
  })),
  {
    part: 'inference/',
    mayImport: ['inference/', 'guardrails/', 'providers/', 'catalog/', 'state/', 'mongo/', 'core/'],
  },
  { part: 'deliveries/', mayImport: ['deliveries/', 'providers/http/', 'state/', 'mongo/', 'core/'] },
  { part: 'guardrails/', mayImport: ['guardrails/', 'core/'] },
  { part: 'providers/', mayImport: ['providers/', 'core/'] },
  { part: 'catalog/', mayImport: ['catalog/', 'mongo/', 'state/', 'core/'] },
  { part: 'mongo/embedded/', mayImport: ['mongo/embedded/'] },
  { part: 'mongo/', mayImport: ['mongo/', 'core/'] },
  { part: 'state/', mayImport: ['state/', 'core/'] },
  { part: 'schema/', mayImport: ['schema/', 'core/'] },
  { part: 'telemetry/', mayImport: ['telemetry/', 'core/'] },
  { part: 'core/', mayImport: ['core/'] },
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Every specifier a file imports: static, re-exported and dynamic with a literal. */
function listImports(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^'\n]+)'/g)].map((match) => match[1] ?? '');
}

const store = 'mongo/embedded/';
const storeManifest = JSON.parse(readFileSync(join(root, store, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
};

/** The path in this repository that a specifier means, or undefined for a package of others. */
function ourPath(file: string, specifier: string): string | undefined {
  if (specifier === storeManifest.name || specifier.startsWith(`${storeManifest.name}/`)) {
    const exported = storeManifest.exports[`.${specifier.slice(storeManifest.name.length)}`];
    return exported === undefined ? undefined : join(store, exported);
  }
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(file), specifier));
  return undefined;
}

/** The tests of a part may use the test support and whatever starts the real thing. */
const isTest = (file: string) => /\.test\.ts$|\/spec\//.test(file);

describe('layout', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('keeps the import rules of docs/architecture.md', () => {
    const broken: string[] = [];
    for (const file of files.filter((candidate) => !isTest(candidate))) {
      const rule = rules.find(({ part }) => file.startsWith(part));
      if (rule === undefined) {
        if (file.includes('/')) broken.push(`${file} stands outside every part of the house`);
        continue;
      }
      for (const specifier of listImports(file)) {
        const path = ourPath(file, specifier);
        if (path !== undefined && !rule.mayImport.some((prefix) => path.startsWith(prefix))) {
          broken.push(`${file} imports ${path}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  it('imports nothing in a circle, types included', () => {
    const imports = new Map(
      files.map((file) => [file, listImports(file).flatMap((specifier) => ourPath(file, specifier) ?? [])]),
    );
    const ended = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' imports '));
      if (ended.has(file) || path.includes(file)) return;
      for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
      ended.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('is as docs/architecture.md states: its files are there', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const named = [...page.matchAll(/`([a-z-]+\/[\w/.-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('has the folders of the tree in docs/architecture.md, and no other', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const [, tree = ''] = /## The folders\n\n```\n([\s\S]*?)```/.exec(page) ?? [];
    let top = '';
    const named = [...tree.matchAll(/^( *)([\w-]+)\/ /gm)].map(([, indent, name = '']) => {
      if (indent === '') top = name;
      return indent === '' ? name : join(top, name);
    });
    const list = (folder: string) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter(
          (entry) => entry.isDirectory() && !/^\.|^(?:node_modules|data|dist|coverage)$/.test(entry.name),
        )
        .map(({ name }) => join(folder, name));
    const divided = ['gateway', 'inference'];
    expect(named.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
    expect(['', ...divided].flatMap(list).filter((folder) => !named.includes(folder))).toEqual([]);
  });

  it('starts the mesh in one module, which imports at most ten of ours', () => {
    const start = 'server/start-mesh.ts';
    expect(readFileSync(join(root, start), 'utf8')).toMatch(/^export async function startMesh\(/m);
    const imported = new Set(listImports(start).flatMap((specifier) => ourPath(start, specifier) ?? []));
    expect(imported.size).toBeGreaterThan(5);
    expect([...imported].slice(10)).toEqual([]);
  });

  it('has no folder of more than fifteen source files without a README that states why', () => {
    const folders = Map.groupBy(
      files.filter((file) => !isTest(file) && !/\bgenerated\b/.test(file)),
      (file) => dirname(file),
    );
    const full = [...folders].filter(([, inside]) => inside.length > 15).map(([folder]) => folder);
    expect(
      full.filter((folder) => {
        const readme = join(root, folder, 'README.md');
        return !existsSync(readme) || !/more\s+than\s+fifteen/.test(readFileSync(readme, 'utf8'));
      }),
    ).toEqual([]);
  });

  it('has no file of more than 400 lines but those that are generated', () => {
    const long = files
      .filter((file) => !/(?:^|[/.])generated\.ts$/.test(file))
      .map((file) => ({ file, count: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
      .filter(({ count }) => count > 400);
    expect(long).toEqual([]);
  });

  it('declares no exported name in two files', () => {
    const declaration = /^export (?:async )?(?:function\*?|class|interface|type|const) (\w+)/gm;
    const places = new Map<string, Set<string>>();
    for (const file of files.filter(
      (each) => !isTest(each) && !/^(?:test|bench)\/|\bgenerated\b/.test(each),
    )) {
      for (const [, name = ''] of readFileSync(join(root, file), 'utf8').matchAll(declaration)) {
        places.set(name, (places.get(name) ?? new Set()).add(file));
      }
    }
    const twice = [...places].filter(([, inFiles]) => inFiles.size > 1);
    expect(twice.map(([name, inFiles]) => `${name}: ${[...inFiles].join(', ')}`)).toEqual([]);
  });

  it('declares no interface with methods that is only what the one function beside it returns', () => {
    const texts = new Map(
      files.map((file) => [
        file,
        readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
      ]),
    );
    const uses = new Map<string, number>();
    for (const text of texts.values()) {
      for (const [word] of text.matchAll(/\b[A-Z]\w+/g)) uses.set(word, (uses.get(word) ?? 0) + 1);
    }
    const declaration = /^export interface (\w+)[^\n]*\{\n((?: .*\n|\n)*)\}/gm;
    const method = /^ {2}\w+(?:<[^>]*>)?\(/m;
    const twins = [...texts]
      .filter(([file]) => !isTest(file) && !/^(?:test|bench)\//.test(file))
      .flatMap(([file, text]) =>
        [...text.matchAll(declaration)]
          // A record may be named for its fields.
          .flatMap(([, name = '', members = '']) => (method.test(members) ? [name] : []))
          .filter((name) => uses.get(name) === 2 && new RegExp(`\\): (Promise<)?${name}\\b`).test(text))
          .map((name) => `${file}: ${name}`),
      );
    expect(twins).toEqual([]);
  });

  it('imports across parts by #part/…, within a part by a relative path, and with the .ts ending', () => {
    const broken: string[] = [];
    for (const file of files) {
      for (const specifier of listImports(file)) {
        const path = ourPath(file, specifier);
        if (path === undefined) continue;
        const across = path.split('/')[0] !== file.split('/')[0];
        if (specifier.startsWith('.') && across && file.includes('/') && path.includes('/')) {
          broken.push(`${file} reaches ${specifier} without #`);
        }
        if (!specifier.startsWith('@') && !/\.(ts|json)$/.test(specifier))
          broken.push(`${file} imports ${specifier} without its ending`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('reaches the embedded store by the names that its package exports, and only those', () => {
    const broken: string[] = [];
    const reached = new Set<string>();
    for (const file of files.filter((candidate) => !candidate.startsWith(store))) {
      for (const specifier of listImports(file)) {
        const path = ourPath(file, specifier);
        const named = specifier.startsWith(storeManifest.name);
        if (named && path !== undefined) reached.add(path);
        if (named ? path === undefined : path?.startsWith(store)) broken.push(`${file} imports ${specifier}`);
      }
    }
    expect(broken).toEqual([]);
    expect(
      Object.values(storeManifest.exports)
        .map((path) => join(store, path))
        .sort(),
    ).toEqual([...reached].sort());
  });

  it('lends the embedded store no package of others', () => {
    const broken = files
      .filter(
        (file) =>
          file.startsWith(store) &&
          !/(test|testing|arbitrary|vitest\.config)\.ts$|\/(spec|bench)\//.test(file),
      )
      .flatMap((file) =>
        listImports(file)
          .filter((specifier) => /^(?!node:)[@a-z]/.test(specifier))
          .map((specifier) => `${file} imports ${specifier}`),
      );
    expect(broken).toEqual([]);
  });

  it('names in each catch what it expects: a class of errors, or why any error is one', () => {
    const bare = files
      .filter((file) => !/^(test|bench)\/|\/spec\//.test(file) && !isTest(file))
      .flatMap((file) =>
        findBareCatches(readFileSync(join(root, file), 'utf8')).map((at) => `${file}:${at}`),
      );
    expect(bare).toEqual([]);
  });

  it('repeats random tests by one seed: those take fast-check from where that is set', () => {
    const unseeded = files.filter(
      (file) => file.endsWith('.test.ts') && listImports(file).includes('fast-check'),
    );
    expect(unseeded).toEqual([]);
  });

  it.each([
    ['work().catch(() => undefined);', 1],
    ['work().catch(() => {});', 1],
    ['work().catch((_error) => null);', 1],
    ['work().catch(async () => {\n  await other();\n});', 1],
    ['work().catch(noop);', 1],
    ['work().then(use, () => undefined);', 1],
    ['work().then(\n  use,\n  (_error) => false,\n);', 1],
    ['work().then(use, noop);', 1],
    ['try {\n  work();\n} catch {\n  // ignored\n}', 1],
    ['try {\n  work();\n} catch (_error) {\n}', 1],
    ['try {\n  work();\n} catch (error) {\n}', 1],
    ['try {\n  work();\n} catch (error) {\n  // ignored\n}', 1],
    ['// Any error: the caller receives it.\nwork().catch(() => undefined);', 0],
    ['work()\n  // Any error: the caller receives it.\n  .catch(() => undefined);', 0],
    ['try {\n  work();\n} catch {\n  // Any error: nothing is lost.\n}', 0],
    ['work().catch((error: unknown) => log.warn(error));', 0],
    ['work().catch(orWarn);', 0],
    ['work().then(use);', 0],
  ])('finds the bare catches of %j', (source, count) => {
    expect(findBareCatches(source)).toHaveLength(count);
  });

  it('measures no time in a test: a clock is set, an event awaited, a counter read', () => {
    // This file names clocks; what latency-thread.ts measures is compared with the same measure of an idle mesh, and with what latency.ts measures of the machine.
    const named = [
      'test/layout.test.ts',
      'test/support/timed-verdicts.ts',
      'test/resilience/support/latency.ts',
      'test/resilience/support/latency-thread.ts',
    ];
    const timed = files
      .filter((file) => file.endsWith('.test.ts') || file.startsWith('test/'))
      .filter((file) => !named.includes(file))
      .flatMap((file) =>
        findTimedVerdicts(readFileSync(join(root, file), 'utf8')).map((at) => `${file}:${at}`),
      );
    expect(timed).toEqual([]);
  });

  it.each([
    ['const startedMs = performance.now();', 1],
    ['const before = process.hrtime.bigint();', 1],
    ['expect(Date.now() - startedAtMs).toBeLessThan(100);', 1],
    ['const tookMs = Date.now() - begunMs;', 1],
    ['const took = new Date().getTime() - began.getTime();', 1],
    ['expect(row.endedAt.getTime()).toBeLessThan(Date.now());', 1],
    ['expect(Date.now()).toBeLessThan(untilMs);', 1],
    ['console.time("it");', 1],
    ['const lease = new Date(Date.now() + 60_000);', 0],
    ['const past = new Date(Date.now() - 60_000);', 0],
    ['expect(await closeOrphaned(services, [ownerId], Date.now())).toBe(1);', 0],
    ['vi.setSystemTime(Date.now() + ms);', 0],
  ])('finds the measured time of %j', (source, count) => {
    expect(findTimedVerdicts(source)).toHaveLength(count);
  });

  /** Programs of clients as text, which the page at / shows. */
  const clientLines = 'gateway/doors/root-page/client-setups.ts';

  it('reads the environment in cli/ and server/ alone', () => {
    const readers = files.filter(
      (file) =>
        !/^(cli|server|test|bench)\//.test(file) &&
        !isTest(file) &&
        file !== clientLines &&
        !file.endsWith('vitest.config.ts') &&
        file.includes('/') &&
        /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });

  it('keeps mongoose, providers and the AI SDK out of the gateway', () => {
    const strangers = files
      .filter((file) => file.startsWith('gateway/') && !isTest(file) && file !== clientLines)
      .flatMap((file) =>
        listImports(file)
          .filter((specifier) => /^(mongoose|mongodb|@ai-sdk\/|ioredis)/.test(specifier))
          .map((specifier) => `${file} imports ${specifier}`),
      );
    expect(strangers).toEqual([]);
  });
});
