import { expect, it } from 'vitest';
import { findIsolatedTests, findUnitTests } from './support/unit-tests.ts';

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
  ]) {
    expect(found).not.toContain(test);
  }
});
