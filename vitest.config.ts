import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { sourceFolders } from './test/support/source-folders.ts';
import { findIsolatedTests, findSharedMeshTests, findUnitTests } from './test/support/unit-tests.ts';

const report = process.env.HEDDLE_TEST_REPORT;
const unitTests = [...findUnitTests()];
const isolatedTests = findIsolatedTests().filter((test) => !unitTests.includes(test));
const sharedMeshTests = [...findSharedMeshTests()];
const globalSetup = ['test/support/current-bundle.ts'];
const ofMesh = { setupFiles: ['test/support/bundled-store.ts'], globalSetup };
const notOfMesh = ['**/node_modules/**', 'mongo/embedded/**', ...unitTests, ...sharedMeshTests];

// For the processes of the tests, and for the stores in them.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('./node_modules/.cache/heddle', import.meta.url));

export default defineConfig({
  // graphql's "module" build would be a second copy beside the one that packages of node_modules get.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    projects: [
      // `npm run test:unit`.
      { extends: true, test: { name: 'unit', include: unitTests } },
      {
        extends: true,
        test: {
          ...ofMesh,
          name: 'mesh',
          include: ['**/*.test.ts'],
          exclude: [...isolatedTests, ...notOfMesh],
        },
      },
      {
        extends: true,
        test: {
          name: 'clients',
          globalSetup: [...globalSetup, 'test/support/shared-mesh-process.ts'],
          include: sharedMeshTests,
        },
      },
      { extends: true, test: { ...ofMesh, name: 'isolated', include: isolatedTests, isolate: true } },
    ],
    setupFiles: [
      'test/support/unchanged-process.ts',
      'test/support/patient-waits.ts',
      'test/contract/watch-commands.ts',
    ],
    pool: 'forks',
    // Files share a process and its modules: loading them anew took each two seconds of a processor.
    isolate: false,
    // More than the processors of a small machine: most tests of the mesh wait for processes and sockets.
    maxWorkers: 3,
    // A run is to be repeatable; HEDDLE_TEST_SEED=$RANDOM looks where no run has looked.
    env: { HEDDLE_TEST_SEED: process.env.HEDDLE_TEST_SEED ?? '2026' },
    // What is awaited comes in milliseconds, and a process in a second; a busy machine takes many times as long.
    testTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    // A failure in CI is read from its message alone.
    chaiConfig: { truncateThreshold: 1_000 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // `npm run coverage`. What processes of Heddle run that tests start is not counted, so no threshold would be true.
    coverage: {
      provider: 'v8',
      include: sourceFolders.map((folder) => `${folder}/**/*.ts`),
      exclude: ['**/*.test.ts', '**/generated.ts', '**/spec/**', '**/testing/**'],
      reporter: ['text-summary', 'html', 'json-summary'],
    },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
