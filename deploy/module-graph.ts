import { globSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** The source files that an entry needs, the files that they read beside them, and the packages that they import. */
export interface ModuleGraph {
  /** TypeScript files, relative to the root, with the text of each. */
  readonly modules: ReadonlyMap<string, string>;
  /** The modules that each module names, directly. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  /** Other files that the modules name by `new URL(…, import.meta.url)`, relative to the root. */
  readonly assets: ReadonlySet<string>;
  /** Names of the imported packages, with the modules that import them. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

/** Static, re-exported and dynamic imports with a literal, files of packages that are read, and URLs of modules for workers and child processes. */
const specifiers =
  /(?<=\bfrom |\bimport |\bimport\(\s*|\bcreateRequire\(import\.meta\.url\)\.resolve\(\s*)'([^'\n]+)'|(?<=\bnew URL\(\s*)'([^'\n]+\.ts)'(?=, import\.meta\.url)/g;
const assetUrls = /\bnew URL\(\s*['`]([^'`\n]+)['`], import\.meta\.url/g;

/** Whether a package of node_modules is a link to a folder of this repository. */
function isWorkspace(root: string, name: string): boolean {
  return lstatSync(join(root, 'node_modules', name), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The file of this repository that a specifier names, relative to the root; undefined for a package or a part of Node. */
function resolveOwn(root: string, module: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(module), specifier);
  const isOwn = specifier.startsWith('#') || isWorkspace(root, packageName(specifier));
  if (!isOwn) return undefined;
  return relative(root, createRequire(join(root, module)).resolve(specifier));
}

/** The files that a literal or template in `new URL(…)` can name. */
function findAssets(root: string, module: string, path: string): readonly string[] {
  const pattern = join(dirname(module), path.replace(/\$\{[^}]+\}/g, '*'));
  // Any file of the checkout, which only tools of development write and read.
  if (pattern === '*') return [];
  return globSync(pattern, { cwd: root }).filter(
    (file) =>
      !file.startsWith('..') &&
      !file.includes('node_modules') &&
      !file.endsWith('.ts') &&
      statSync(join(root, file)).isFile(),
  );
}

/** Reads everything that `entries` reach. Throws for a module that does not exist. */
export function readModuleGraph(root: string, entries: readonly string[]): ModuleGraph {
  const modules = new Map<string, string>();
  const imports = new Map<string, string[]>();
  const assets = new Set<string>();
  const packages = new Map<string, string[]>();
  const waiting = [...entries];
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (modules.has(module)) continue;
    const text = readFileSync(resolve(root, module), 'utf8');
    modules.set(module, text);
    const named: string[] = [];
    imports.set(module, named);
    for (const [statement, imported, worker] of text.matchAll(specifiers)) {
      const specifier = imported ?? worker ?? statement;
      if (specifier.startsWith('node:')) continue;
      const own = resolveOwn(root, module, specifier);
      if (own === undefined) {
        const name = packageName(specifier);
        packages.set(name, [...(packages.get(name) ?? []), module]);
      } else if (own.endsWith('.ts')) named.push(own);
      else assets.add(own);
    }
    for (const [, path = ''] of text.matchAll(assetUrls)) {
      for (const asset of findAssets(root, module, path)) assets.add(asset);
    }
    waiting.push(...named);
  }
  return { modules, imports, assets, packages };
}

/** Names the compiled JavaScript of each module instead of its source, by relative paths. */
export function rewriteSpecifiers(root: string, module: string, text: string): string {
  return text.replaceAll(specifiers, (statement, imported, worker) => {
    const own = resolveOwn(root, module, imported ?? worker);
    if (own === undefined) return statement;
    const path = relative(dirname(module), own).replace(/\.ts$/, '.js');
    return `'${path.startsWith('.') ? path : `./${path}`}'`;
  });
}
