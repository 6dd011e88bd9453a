import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly imports: Readonly<Record<string, string>>;
};

/** The folders of the product's own code, as package.json's imports name them. */
export const sourceFolders: readonly string[] = Object.keys(imports)
  .map((name) => name.replace(/^#|\/\*$/g, ''))
  .filter((folder) => !['deploy', 'test'].includes(folder));
