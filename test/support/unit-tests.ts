import { existsSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ModuleGraph, readModuleGraph } from '#deploy/module-graph.ts';

const root = resolve(import.meta.dirname, '../..');

/** Modules that start what takes a second: the store's thread, processes of Heddle, Redis, a whole gateway, the compiler. */
const heavyModules: readonly string[] = [
  'core/threads/task-thread.ts',
  'gateway/gateway.ts',
  'gateway/planning/planner.ts',
  'mongo/embedded/store.ts',
  'test/support/mesh.ts',
  'test/types/changed-checkout.ts',
  'test/support/processes/with-redis.ts',
];
const heavyPackages: readonly string[] = ['@copilotkit/aimock', 'playwright-core'];
const startsProcess = /from 'node:(child_process|cluster|worker_threads)'/;

/** Those of the modules that reach one of the others, directly or not. */
function findReaching({ imports }: ModuleGraph, reached: readonly string[]): ReadonlySet<string> {
  const importers = new Map<string, string[]>();
  for (const [module, named] of imports) {
    for (const one of named) importers.set(one, [...(importers.get(one) ?? []), module]);
  }
  const reaching = new Set<string>();
  const waiting = [...reached];
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (reaching.has(module)) continue;
    reaching.add(module);
    waiting.push(...(importers.get(module) ?? []));
  }
  return reaching;
}

let read: ReturnType<typeof readTests> | undefined;

/** The tests of the product, and what all of them import; once in this process. */
const findTests = () => {
  read ??= readTests();
  return read;
};

function readTests() {
  const tests = globSync('**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**', 'mongo/embedded/**'] });
  return { tests, graph: readModuleGraph(root, tests) };
}

function requirePresent(modules: readonly string[]): void {
  const moved = modules.filter((module) => !existsSync(join(root, module)));
  if (moved.length > 0) throw new Error(`test/support/unit-tests.ts names what is not there: ${moved}`);
}

/**
 * The tests that run within their own thread, because nothing that they import, directly or not, starts a store, a
 * process, Redis or a browser.
 */
export function findUnitTests(): readonly string[] {
  requirePresent(heavyModules);
  const { tests, graph } = findTests();
  const importers = heavyPackages.flatMap((name) => graph.packages.get(name) ?? []);
  const heavy = findReaching(graph, [...heavyModules, ...importers]);
  return tests.filter((test) => !heavy.has(test) && !startsProcess.test(graph.modules.get(test) ?? ''));
}

const sharedMesh = 'test/support/shared-mesh.ts';

/** The tests that call one mesh, which runs beside all of them. */
export function findSharedMeshTests(): readonly string[] {
  requirePresent([sharedMesh]);
  const { tests, graph } = findTests();
  const sharing = findReaching(graph, [sharedMesh]);
  return tests.filter((test) => sharing.has(test));
}

/**
 * The tests that need a process of their own: those under `test/`, which look at processes and load little themselves, but
 * for those of clients, which load SDKs and look at answers alone.
 */
export function findIsolatedTests(): readonly string[] {
  const sharing = new Set(findSharedMeshTests());
  return findTests().tests.filter(
    (test) => test.startsWith('test/') && !test.startsWith('test/clients/') && !sharing.has(test),
  );
}
