import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apps } from '#mongo/apps.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { OperationContext } from '../../runtime/context.ts';
import { createTenantsLoaders, type TenantsLoaders } from '../loaders.ts';
import { visible } from './visible.ts';

let mesh: TestTenants;
beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('visible', () => {
  it('reads the record anew for a second mutation in one document', async () => {
    const { caller, appId } = await mesh.addTenant('Anew');
    const context = new OperationContext<TenantsLoaders>(
      {
        document: { kind: 'Document' as never, definitions: [] },
        caller,
        requestId: 'r',
        clientAddress: null,
      },
      (own) => createTenantsLoaders(own, mesh.deps),
      undefined,
    );
    expect(await visible('app', appId, context)).toMatchObject({ name: 'app' });
    // Another process changes it after the first mutation of the document has answered.
    await apps(mesh.database.connection).updateOne({ _id: appId }, { $set: { name: 'renamed' } });
    expect(await visible('app', appId, context)).toMatchObject({ name: 'renamed' });
  });
});
