import { execFile } from 'node:child_process';
import { cp, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `npm ci` leaves in node_modules. */
export interface InstallFigures {
  readonly seconds: number;
  readonly packages: number;
  readonly totalMB: number;
  /** Of it the npm package `node`. */
  readonly nodeMB: number;
}

/** Bytes that a folder takes on the disk, files with several names counted once. */
async function countBytes(folder: string, seen: Set<number>): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await countBytes(path, seen);
    const { ino, blocks } = await lstat(path);
    if (!seen.has(ino)) bytes += blocks * 512;
    seen.add(ino);
  }
  return bytes;
}

/** Installs a checkout's packages into a folder of its own, and measures what came. */
export async function measureInstall(checkout: string, flags: readonly string[]): Promise<InstallFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-install-'));
  try {
    const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
      readonly workspaces?: readonly string[];
    };
    const workspaces = (manifest.workspaces ?? []).map((folder) => `${folder}/package.json`);
    for (const file of ['package.json', 'package-lock.json', '.npmrc', ...workspaces]) {
      await cp(join(checkout, file), join(dir, file));
    }
    const beginMs = performance.now();
    await run('npm', ['ci', '--prefer-offline', ...flags], { cwd: dir });
    const seconds = (performance.now() - beginMs) / 1_000;
    const modules = join(dir, 'node_modules');
    const { packages } = JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8')) as {
      readonly packages: object;
    };
    const megabytes = async (folder: string) => (await countBytes(folder, new Set())) / 1_000_000;
    return {
      seconds,
      packages: Object.keys(packages).length,
      totalMB: await megabytes(modules),
      nodeMB: await megabytes(join(modules, 'node')),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
