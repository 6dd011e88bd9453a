import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Of a bundle: `deploy/build-bundle.ts` writes it, and a start of the command believes it. */
export interface BundleManifest {
  /** The checkout that it was made in: a copy of one finds its packages, and must not run the code of the first. */
  readonly root: string;
  /** The files to run instead of those that processes and threads begin with: absolute, by the paths of these in the checkout. */
  readonly entries: Readonly<Record<string, string>>;
  /** The files that it was made of, absolute, with their sizes in bytes and the times of their last changes in milliseconds. */
  readonly inputs: readonly (readonly [file: string, size: number, changedMs: number])[];
}

/** Where the bundles of this checkout are: among the packages, so that `npm ci` begins anew. */
export const bundleFolder = fileURLToPath(new URL('../node_modules/.cache/heddle-bundle', import.meta.url));

/** The folder of this checkout. */
export const checkout = fileURLToPath(new URL('..', import.meta.url));

export const manifestFile = join(bundleFolder, 'manifest.json');

/** A file as the manifest names it; undefined where there is none. */
export function describeInput(file: string): BundleManifest['inputs'][number] | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && [file, stats.size, stats.mtimeMs];
}

function isUnchanged([file, size, changedMs]: BundleManifest['inputs'][number]): boolean {
  const now = describeInput(file);
  return now !== undefined && now[1] === size && now[2] === changedMs;
}

/**
 * The URL to run instead of a file that the command, a process or a thread begins with, where a bundle was made of the sources
 * and packages as they are now. Loading it takes a fraction of loading the sources. Undefined where there is none of this
 * checkout, or a file has changed since: the sources run.
 */
export function findBundled(source: string, file = manifestFile): string | undefined {
  let manifest: BundleManifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as BundleManifest;
  } catch {
    // Any error: what cannot be read is as good as none.
    return undefined;
  }
  const entry = manifest.entries?.[source];
  const isFresh =
    manifest.root === checkout &&
    entry !== undefined &&
    describeInput(entry) !== undefined &&
    manifest.inputs.every(isUnchanged);
  return isFresh ? pathToFileURL(entry).href : undefined;
}
