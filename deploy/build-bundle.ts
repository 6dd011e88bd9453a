/**
 * Makes the bundle that `cli/main.ts` runs in place of the sources while they have not changed since. npm runs this after
 * an install (`prepare`), and the tests before they start processes. Where rolldown is not installed, as after
 * `npm ci --omit=dev`, the sources run.
 */
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  type BundleManifest,
  bundleFolder,
  checkout,
  describeInput,
  findBundled,
  manifestFile,
} from '#cli/bundle.ts';

/** What the command begins with: where it is bundled, so is what its processes and threads begin with. */
const command = 'cli/run-command.ts';
const root = resolve(import.meta.dirname, '..');
/** npm writes it with each install. */
const installed = join(root, 'node_modules/.package-lock.json');
/** What a build takes at most; a lock that is older was left by a process that was killed. */
const buildMsMax = 120_000;

/** The modules that threads and processes of Heddle begin with, as the sources name them. */
const entryUrls = /new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g;
const moduleUrl = /\bimport\.meta\.(?:url|dirname)\b/g;
const commonjsPaths = /\b__(?:dirname|filename)\b/;
const ownPaths = /\b(?:const|let|var)\s+__(?:dirname|filename)\b/;

const isOwn = (file: string) => file.startsWith(`${root}/`) && !file.includes('/node_modules/');

/**
 * Each module keeps its own place: files that it reads beside itself are found, and packages that look for their folder.
 * A module that a thread or process begins with becomes an entry of the bundle.
 */
function keepPlaces(text: string, file: string, emitEntry: (file: string) => string): string {
  const withEntries = isOwn(file)
    ? text.replace(entryUrls, (_, path: string) => `new URL(${emitEntry(resolve(dirname(file), path))})`)
    : text;
  const placed = withEntries.replace(moduleUrl, (name) =>
    JSON.stringify(name === 'import.meta.url' ? pathToFileURL(file).href : dirname(file)),
  );
  if (isOwn(file) || !commonjsPaths.test(placed) || ownPaths.test(placed)) return placed;
  return `var __dirname = ${JSON.stringify(dirname(file))}, __filename = ${JSON.stringify(file)};${placed}`;
}

/** Which of two folders to write: not the one that processes may still be loading from. */
function otherFolder(): string {
  const [one, other] = ['a', 'b'].map((name) => join(bundleFolder, name)) as [string, string];
  try {
    const { entries } = JSON.parse(readFileSync(manifestFile, 'utf8')) as BundleManifest;
    return dirname(entries[command] ?? '') === one ? other : one;
  } catch {
    // Any error: a manifest that cannot be read names neither.
    return one;
  }
}

async function build({ rolldown }: typeof import('rolldown')): Promise<void> {
  const folder = otherFolder();
  rmSync(folder, { recursive: true, force: true });
  const inputs = [installed];
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { heddle: command },
    external: /\.node$/,
    onLog(level, log, forward) {
      if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') forward('error', log);
    },
    plugins: [
      {
        name: 'keep-places',
        transform(text, file) {
          if (isOwn(file)) inputs.push(file);
          const code = keepPlaces(text, file, (entry) => {
            return `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'chunk', id: entry })}`;
          });
          return code === text ? undefined : { code };
        },
      },
    ],
  });
  // Errors and classes are known by their names.
  const { output } = await bundle.write({
    dir: folder,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
    keepNames: true,
    // Their characters would make of a source one of two bytes a character, which V8 keeps in memory.
    comments: false,
  });
  await bundle.close();
  const described = inputs.map(describeInput).filter((input) => input !== undefined);
  const entries = output.flatMap((chunk) =>
    chunk.type === 'chunk' && chunk.isEntry && chunk.facadeModuleId !== null
      ? [[relative(root, chunk.facadeModuleId), join(folder, chunk.fileName)]]
      : [],
  );
  const manifest: BundleManifest = {
    root: checkout,
    entries: Object.fromEntries(entries),
    inputs: described,
  };
  const written = `${manifestFile}.new`;
  writeFileSync(written, JSON.stringify(manifest));
  renameSync(written, manifestFile);
}

/** Has one process build at a time: the others find what it made. */
async function withLock<T>(work: () => Promise<T>): Promise<T> {
  const lock = join(bundleFolder, 'lock');
  mkdirSync(bundleFolder, { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
      if (since !== undefined && Date.now() - since > buildMsMax)
        rmSync(lock, { recursive: true, force: true });
      else await wait(100);
    }
  }
  try {
    return await work();
  } finally {
    rmdirSync(lock);
  }
}

/** Makes the bundle unless there is one of the sources as they are, or rolldown is not installed. Resolves whether it made one. */
export async function buildBundle(): Promise<boolean> {
  if (findBundled(command) !== undefined) return false;
  let bundler: typeof import('rolldown');
  try {
    bundler = await import('rolldown');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return false;
  }
  return withLock(async () => {
    if (findBundled(command) !== undefined) return false;
    await build(bundler);
    return true;
  });
}
