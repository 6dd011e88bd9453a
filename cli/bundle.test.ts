import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { checkout, describeInput, findBundled } from './bundle.ts';

/** A folder with a bundle of two files, and what changes each. */
async function writeBundle() {
  const directory = await temporaryDirectory();
  const file = (name: string) => join(directory.path, name);
  mkdirSync(directory.path, { recursive: true });
  for (const name of ['one.ts', 'other.ts', 'heddle.mjs']) writeFileSync(file(name), name);
  const inputs = [file('one.ts'), file('other.ts')].map(describeInput);
  const manifest = file('manifest.json');
  const describe = (root: string) => ({ root, entries: { 'cli/x.ts': file('heddle.mjs') }, inputs });
  writeFileSync(manifest, JSON.stringify(describe(checkout)));
  const copyFrom = (root: string) => writeFileSync(manifest, JSON.stringify(describe(root)));
  return { manifest, file, copyFrom, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

it('is found while its sources are as they were', async () => {
  await using bundle = await writeBundle();
  expect(findBundled('cli/x.ts', bundle.manifest)).toBe(pathToFileURL(bundle.file('heddle.mjs')).href);
});

it.each<[string, (bundle: Awaited<ReturnType<typeof writeBundle>>) => void]>([
  ['a source has changed', ({ file }) => writeFileSync(file('other.ts'), 'another size')],
  ['a source was written again at another time', ({ file }) => writeFileSync(file('one.ts'), 'one.ts')],
  ['a source is gone', ({ file }) => rmSync(file('other.ts'))],
  ['its own file is gone', ({ file }) => rmSync(file('heddle.mjs'))],
  ['its manifest is cut', ({ manifest }) => writeFileSync(manifest, '{"entry":')],
  ['it came with a copy of another checkout', ({ copyFrom }) => copyFrom('/elsewhere/')],
  ['its manifest is gone', ({ manifest }) => rmSync(manifest)],
])('is not found where %s', async (_, change) => {
  await using bundle = await writeBundle();
  change(bundle);
  expect(findBundled('cli/x.ts', bundle.manifest)).toBeUndefined();
});
