import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** What a start loads of all that reads the registry. */
const readers = [
  'server/secrets/secret-files.ts',
  'inference/routing/provider-pool.ts',
  'subgraphs/models/providers/register-provider.ts',
  'subgraphs/models/providers/create-provider.ts',
].map((path) => pathToFileURL(join(root, path)).href);

/** The folders whose modules a process loads that imports the readers, and then runs the code. */
function loadedVendors(code: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      load(url, context, next) {
        const folder = /\\/providers\\/([^/]+)\\/vendor\\.ts$/.exec(url)?.[1];
        if (folder !== undefined) loaded.add(folder);
        return next(url, context);
      },
    });
    await Promise.all(${JSON.stringify(readers)}.map((reader) => import(reader)));
    const { vendors } = await import('#providers/registry/vendors.generated.ts');
    const { readEnvironmentProviders } = await import('#providers/registry/environment.ts');
    ${code}
    console.log(JSON.stringify([...loaded]));`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, flags, { cwd: root, encoding: 'utf8' }));
}

it("loads no vendor's module for what a start reads of all of them", () => {
  expect(loadedVendors("readEnvironmentProviders({ GROQ_API_KEY: 'k', OPENAI_API_KEY: 'k' });")).toEqual([]);
});

it('loads the module of a vendor that is used, and no other', () => {
  expect(loadedVendors('await vendors.GROQ.load();')).toEqual(['groq']);
});
