import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '#core/caller.ts';
import { type AlertActionRecord, alertActions } from '#mongo/alert-actions.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { events } from '#mongo/events.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import {
  type ActingMesh,
  savingAlert as saving,
  sevenRequests,
  startActingMesh,
  toActing,
} from '#test/support/acting-mesh.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import type { TestTenant, TestTenants } from '#test/support/tenants.ts';
import { applyAlertActions } from './apply-actions.ts';

let acting: ActingMesh;
let mesh: TestTenants;
let acme: TestTenant;
beforeAll(async () => {
  acting = await startActingMesh();
  ({ mesh } = acting);
});
afterAll(() => acting?.[Symbol.asyncDispose]());

const connection = () => mesh.database.connection;
const ofKeys = { by: ['KEY'] };
const ofModels = { by: ['MODEL'] };

describe('an alert with an action', () => {
  it.each<[string, (tenant: TestTenant) => Promise<unknown>, string]>([
    [
      'whose key was revoked',
      ({ keyId }) => apiKeys(connection()).updateOne({ _id: keyId }, { $set: { revokedAt: new Date() } }),
      'Whoever saved the alert has no rights any more: save it again.',
    ],
    [
      'whose key has lost the scope',
      ({ keyId }) =>
        apiKeys(connection()).updateOne({ _id: keyId }, { $pull: { scopes: 'providers:write' } }),
      'Whoever saved the alert lacks scopes by now; it requires models:write or providers:write.',
    ],
    [
      'whose key is suspended',
      ({ tenantId, keyId }) =>
        alertActions(connection()).create({
          ...{ _id: `suspends ${keyId}`, alertId: 'other', tenantId: null, action: 'SUSPEND_KEY', keys: {} },
          ...{ limit: null, routeId: null, modelId: null, savedBy: {}, state: 'ACTIVE', unpublished: [] },
          ...{ target: `key:${keyId}`, targetTenantId: tenantId, requestedAt: new Date() },
        }),
      'Whoever saved the alert has no rights any more: save it again.',
    ],
    [
      'that was disabled',
      ({ caller }) =>
        askForData(acting.usage, caller, saving, {
          input: toActing({ action: 'OPEN_CIRCUIT', ...ofModels, enabled: false }),
        }),
      'The alert was saved again, disabled or deleted since.',
    ],
    [
      'that was deleted',
      ({ caller }) => askForData(acting.usage, caller, 'mutation { deleteAlert(id: "acting") }'),
      'The alert was saved again, disabled or deleted since.',
    ],
  ])('is refused what its saver may not do by then, of one %s', async (_what, change, reason) => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'OPEN_CIRCUIT', ...ofModels });
    await change(acme);
    await applyAlertActions(mesh.deps);
    const refused = await acting.readOnly(acme.tenantId);
    expect(refused).toMatchObject({ state: 'REFUSED', reason, target: null, expiresAt: expect.any(Date) });
    expect((await acting.undo(refused._id, mesh.admin)).errors).toMatchObject([{ code: 'CONFLICT' }]);
    expect(
      await events(connection()).findOne({ type: 'alert.acted', subject: refused._id }).lean(),
    ).toMatchObject({
      data: { state: 'REFUSED', reason },
    });
  });

  it.each<[string, object, (tenant: TestTenant) => Promise<unknown>, string]>([
    [
      'an AI model that is deleted',
      { action: 'OPEN_CIRCUIT', ...ofModels },
      ({ tenantId }) => models(connection()).deleteOne({ _id: `${tenantId}:own/one` }),
      'What it would act on is not there any more.',
    ],
    [
      'a route that is deleted',
      { action: 'MOVE_ROUTE' },
      ({ tenantId }) => routes(connection()).deleteOne({ _id: `${tenantId}:smart` }),
      'What it would act on is not there any more.',
    ],
    [
      'a route that has lost the target',
      { action: 'MOVE_ROUTE' },
      ({ tenantId }) =>
        routes(connection()).updateOne({ _id: `${tenantId}:smart` }, { $pop: { targets: 1 } }),
      'The AI model is not a target of the route any more.',
    ],
    [
      'an app that is deleted',
      { action: 'LOWER_LIMIT', actionLimit: sevenRequests, by: ['APP'] },
      ({ tenantId }) =>
        alertActions(connection()).updateMany({ tenantId }, { $set: { 'keys.app': 'deleted' } }),
      'What it would act on is not there any more.',
    ],
  ])('is refused on %s by then', async (_what, more, remove, reason) => {
    acme = await acting.addTenant();
    const { tenantId } = acme;
    const move = { actionRouteId: `${tenantId}:smart`, actionModelId: `${tenantId}:own/two` };
    await acting.fire(acme, { ...more, ...('action' in more && more.action === 'MOVE_ROUTE' ? move : {}) });
    await remove(acme);
    await applyAlertActions(mesh.deps);
    expect(await acting.readOnly(tenantId)).toMatchObject({ state: 'REFUSED', target: null, reason });
    expect(await mesh.findCaller(acme.secret)).not.toBeNull();
  });

  it.each<[string, object, Scope | null, string]>([
    ['without the scope', { action: 'OPEN_CIRCUIT', ...ofModels }, 'providers:write', 'FORBIDDEN'],
    ['on no key', { action: 'SUSPEND_KEY' }, null, 'BAD_USER_INPUT'],
    ['on no AI model', { action: 'OPEN_CIRCUIT', ...ofKeys }, null, 'BAD_USER_INPUT'],
    ['without a limit', { action: 'LOWER_LIMIT' }, null, 'BAD_USER_INPUT'],
    [
      'with a limit of nothing',
      { action: 'LOWER_LIMIT', actionLimit: { ...sevenRequests, amount: '0' } },
      null,
      'BAD_USER_INPUT',
    ],
    [
      'with a limit of half a request',
      { action: 'LOWER_LIMIT', actionLimit: { ...sevenRequests, amount: '0.5' } },
      null,
      'BAD_USER_INPUT',
    ],
    [
      'with a limit of calls in flight within a minute',
      { action: 'LOWER_LIMIT', actionLimit: { ...sevenRequests, meter: 'CONCURRENCY' } },
      null,
      'BAD_USER_INPUT',
    ],
    [
      'with a field of another action',
      { action: 'NOTIFY', actionLimit: sevenRequests },
      null,
      'BAD_USER_INPUT',
    ],
    ['without a route', { action: 'MOVE_ROUTE', actionModelId: 'x' }, null, 'BAD_USER_INPUT'],
    ['on an AI model of the mesh', { action: 'OPEN_CIRCUIT', modelId: 'mesh/one' }, null, 'FORBIDDEN'],
    ['on an AI model of another tenant', { action: 'OPEN_CIRCUIT', modelId: 'FOREIGN' }, null, 'NOT_FOUND'],
    [
      'on a route of another tenant',
      { action: 'MOVE_ROUTE', actionRouteId: 'FOREIGN', actionModelId: 'FOREIGN' },
      null,
      'NOT_FOUND',
    ],
  ])('is not saved %s', async (_what, more, lacking, code) => {
    acme = await acting.addTenant();
    const foreign = await acting.addTenant();
    await models(connection()).collection.updateOne(
      { _id: 'mesh/one' as never },
      { $set: { providerId: 'mesh', name: 'one', tenantId: null } },
      { upsert: true },
    );
    const named = JSON.parse(
      JSON.stringify(more)
        .replaceAll('"actionRouteId":"FOREIGN"', `"actionRouteId":"${foreign.tenantId}:smart"`)
        .replaceAll('FOREIGN', `${foreign.tenantId}:own/one`),
    );
    const caller = { ...acme.caller, scopes: acme.caller.scopes.filter((scope) => scope !== lacking) };
    const { errors } = await ask(acting.usage, caller, saving, { input: toActing(named) });
    expect(errors).toMatchObject([{ code }]);
  });

  it.each<[string, Partial<AlertActionRecord>]>([
    ['a key', { action: 'SUSPEND_KEY' }],
    ['a limit', { action: 'LOWER_LIMIT', limit: { meter: 'REQUESTS', window: 'MINUTE', amount: 1n } }],
    ['an AI model', { action: 'OPEN_CIRCUIT' }],
    ['a route', { action: 'MOVE_ROUTE' }],
  ])('never acts on %s of another tenant, whatever it is about', async (_what, more) => {
    acme = await acting.addTenant();
    const foreign = await acting.addTenant();
    await acting.fire(acme, { action: 'LOWER_LIMIT', actionLimit: sevenRequests, ...ofKeys });
    await alertActions(connection()).updateMany(
      { tenantId: acme.tenantId },
      {
        $set: {
          keys: { key: foreign.keyId, model: `${foreign.tenantId}:own/one` },
          ...{ routeId: `${foreign.tenantId}:smart`, modelId: `${foreign.tenantId}:own/one`, ...more },
        },
      },
    );
    await applyAlertActions(mesh.deps);
    expect(await acting.readOnly(acme.tenantId)).toMatchObject({
      ...{ state: 'REFUSED', reason: 'What it would act on does not belong to the owner of the alert.' },
    });
  });
});
