import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Changes of files, by their paths from the root: each pair is a text that the file has, and what stands in its place. */
export type Changes = Readonly<Record<string, readonly (readonly [before: string, after: string])[]>>;

/** Makes a folder that has everything of another by links, so that a file of it can be another. */
function linkFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) symlinkSync(join(from, name), join(to, name));
}

function change(path: string, text: string, changes: Changes[string]): string {
  return changes.reduce((changed, [before, after]) => {
    if (!changed.includes(before)) throw new Error(`${path} has no ${before}`);
    return changed.replace(before, () => after);
  }, text);
}

/** A checkout with the changes; everything else is linked. */
function linkCheckout(dir: string, changes: Changes): void {
  const linked = new Set<string>();
  for (const [path, pairs] of Object.entries(changes)) {
    const folders = path.split('/').slice(0, -1);
    for (const depth of folders.keys()) {
      const folder = folders.slice(0, depth + 1).join('/');
      if (linked.has(folder)) continue;
      linked.add(folder);
      rmSync(join(dir, folder));
      linkFolder(join(root, folder), join(dir, folder));
    }
    rmSync(join(dir, path));
    writeFileSync(join(dir, path), change(path, readFileSync(join(root, path), 'utf8'), pairs));
  }
}

/** What tsc reports of these files, and of all that they import, in a checkout with the changes; nothing: they are sound. */
export async function checkTypes(files: readonly string[], changes: Changes): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), 'heddle-types-'));
  try {
    const dir = join(parent, 'checkout');
    linkFolder(root, dir);
    linkCheckout(dir, changes);
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
      readonly compilerOptions: object;
    };
    const config = join(dir, 'tsconfig.types.json');
    writeFileSync(
      config,
      JSON.stringify({ compilerOptions: { ...compilerOptions, preserveSymlinks: true }, files }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    return await new Promise((done) => {
      execFile(process.execPath, [tsc, '-p', config], { cwd: dir }, (_error, out, err) =>
        done(`${out}${err}`),
      );
    });
  } finally {
    rmSync(parent, { recursive: true });
  }
}
