import { expect, it } from 'vitest';
import { findIsolatedTests, findSharedMeshTests, findUnitTests } from './support/unit-tests.ts';

it('npm run test:unit takes a test that calls functions, and none that starts a store, a process, Redis or a browser', () => {
  const found = findUnitTests();
  expect(found.length).toBeGreaterThan(100);
  expect(found).toEqual(
    expect.arrayContaining([
      'core/egress.test.ts',
      'state/quota/partition.test.ts',
      'test/unit-tests.test.ts',
    ]),
  );
  for (const test of [
    'gateway/gateway.test.ts',
    'mongo/connect.test.ts',
    'state/quota/quota.test.ts',
    'subgraphs/tenants/tenants/tenants.test.ts',
    'test/start.test.ts',
  ]) {
    expect(found).not.toContain(test);
  }
});

it('tests of whole processes have a process of their own, and others share one', () => {
  const found = findIsolatedTests();
  expect(found).toContain('test/start.test.ts');
  for (const test of [
    'gateway/gateway.test.ts',
    'mongo/connect.test.ts',
    'subgraphs/tenants/tenants/tenants.test.ts',
    'test/clients/lists.test.ts',
  ]) {
    expect(found).not.toContain(test);
  }
});

it('tests that import the shared mesh, directly or not, run beside it, and in no process of their own', () => {
  const found = findSharedMeshTests();
  // The second opens it by another module.
  const sharing = ['test/clients/contract.test.ts', 'test/clients/dialects/reported-turns.test.ts'];
  expect(found).toEqual(expect.arrayContaining(sharing));
  expect(found).not.toContain('test/clients/lists.test.ts');
  const isolated = new Set(findIsolatedTests());
  expect(found.filter((test) => isolated.has(test))).toEqual([]);
  const unit = new Set(findUnitTests());
  expect(found.filter((test) => unit.has(test))).toEqual([]);
});
