/**
 * `npm run schema:compose` starts with this: writes what follows from the folders of vendors. A program of its own, because
 * `heddle` imports the registry, which does not load while it names a folder that was removed or renamed.
 */
import { generateRegistry, readVendors } from '#providers/registry/generate.ts';
import { writeGenerated } from '#schema/types/generated-files.ts';

for (const path of writeGenerated(generateRegistry(await readVendors()))) console.log(`wrote ${path}`);
