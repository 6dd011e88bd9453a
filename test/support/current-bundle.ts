import { buildBundle } from '#deploy/build-bundle.ts';

/** Before the tests of the mesh: the processes that they start run the sources as they are, from a bundle. */
export async function setup(): Promise<void> {
  await buildBundle();
}
