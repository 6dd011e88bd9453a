import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GeneratedFile } from '#core/generated-file.ts';
import type { SchemaFinding } from '../check/findings.ts';

const toUrl = (path: string) => new URL(`../../${path}`, import.meta.url);

/** Writes the files into this checkout; returns where. */
export function writeGenerated(files: readonly GeneratedFile[]): readonly string[] {
  return files.map(({ path, text }) => {
    writeFileSync(toUrl(path), text);
    return fileURLToPath(toUrl(path));
  });
}

/** The text of a committed file; undefined when there is none. */
export function readGenerated(path: string): string | undefined {
  return existsSync(toUrl(path)) ? readFileSync(toUrl(path), 'utf8') : undefined;
}

/** Committed files that are not what is generated from the SDL and the vendors. */
export function findStaleFiles(
  files: readonly GeneratedFile[],
  readCommitted: (path: string) => string | undefined,
): readonly SchemaFinding[] {
  return files
    .filter(({ path, text }) => readCommitted(path) !== text)
    .map(({ path }) => ({
      rule: 'stale',
      where: path,
      problem: 'it is not what is generated from its sources',
      whatToDo: 'Run npm run schema:compose and commit the result.',
    }));
}
