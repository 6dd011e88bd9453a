import { existsSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readModuleGraph } from '#deploy/module-graph.ts';

const root = resolve(import.meta.dirname, '../..');

/** Modules that start what takes a second: the store's thread, processes of Heddle, Redis, a whole gateway, the compiler. */
const heavyModules: readonly string[] = [
  'core/json-schema/json-schema-worker.ts',
  'gateway/gateway.ts',
  'gateway/planning/planner.ts',
  'mongo/embedded/store.ts',
  'test/support/mesh.ts',
  'test/types/changed-checkout.ts',
  'test/support/processes/with-redis.ts',
];
const heavyPackages: readonly string[] = ['@copilotkit/aimock', 'playwright-core'];
const startsProcess = /from 'node:(child_process|worker_threads)'/;

function isUnitTest(test: string): boolean {
  const { modules, packages } = readModuleGraph(root, [test]);
  return (
    !heavyModules.some((module) => modules.has(module)) &&
    !heavyPackages.some((name) => packages.has(name)) &&
    !startsProcess.test(modules.get(test) ?? '')
  );
}

/**
 * The tests for the inner loop: those that run within their own thread, because nothing that they import, directly or
 * not, starts a store, a process, Redis or a browser.
 */
export function findUnitTests(): readonly string[] {
  const moved = heavyModules.filter((module) => !existsSync(join(root, module)));
  if (moved.length > 0) throw new Error(`test/support/unit-tests.ts names what is not there: ${moved}`);
  return globSync('**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**'] }).filter(isUnitTest);
}
