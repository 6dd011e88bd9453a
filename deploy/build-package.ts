/**
 * Compiles what `heddle` needs into dist/, for the package that `npm pack` makes: Node strips no types below
 * node_modules. The modules are those that cli/main.ts reaches, so that no test and no tool is among them.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { readModuleGraph, rewriteSpecifiers } from './module-graph.ts';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

function toPackagePath(file: string): string {
  const path = join(dist, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

rmSync(dist, { recursive: true, force: true });
const { modules, assets } = readModuleGraph(root, ['cli/main.ts']);
for (const [module, text] of modules) {
  const script = rewriteSpecifiers(root, module, stripTypeScriptTypes(text));
  writeFileSync(toPackagePath(module.replace(/\.ts$/, '.js')), script);
}
for (const asset of assets) copyFileSync(join(root, asset), toPackagePath(asset));
console.log(`dist/: ${modules.size} modules and ${assets.size} other files`);
