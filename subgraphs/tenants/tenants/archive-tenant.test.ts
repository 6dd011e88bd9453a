import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { parseCountLimits } from '#core/count-limits.ts';
import { createCallers } from '#gateway/auth/caller.ts';
import { tenants } from '#mongo/tenants.ts';
import { openState } from '#state/open-state.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import {
  acme,
  addApp,
  app,
  archiveApp,
  archiveTenant,
  count,
  fill,
  findHolder,
  listed,
  mesh,
  newOperator,
  readRecords,
  refusal,
  restoreApp,
  restoreTenant,
  run,
  useArchiving,
} from '#test/support/setups/archiving.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { createTenantsSubgraph } from '../subgraph.ts';

useArchiving();

if (!hasRedis()) console.warn('Left out: archiving in many processes. There is no redis-server on the PATH.');

describe('archiveTenant', () => {
  it('refuses all its keys, hides everything below it, and restoreTenant undoes that but for archived apps', async () => {
    await fill();
    const old = await addApp('old');
    await run(archiveApp, { id: old });
    const ofAcme = { tenantId: acme.tenantId };
    const [shown, hidden] = [
      await listed(mesh.admin, ofAcme),
      await listed(mesh.admin, { ...ofAcme, archived: true }),
    ];
    const id = acme.tenantId;
    expect(await run(archiveTenant, { id }, mesh.admin)).toEqual({ archiveTenant: id });
    for (const secret of [app.secret, acme.secret]) {
      expect(await findHolder(secret)).toMatchObject({ archived: 'tenant' });
      expect(await mesh.findCaller(secret)).toBeNull();
    }
    expect(await listed(mesh.admin, ofAcme)).toEqual({
      ...{ apps: [], apiKeys: [], members: [], budgets: [], accessGrants: [] },
    });
    const all = await listed(mesh.admin, { ...ofAcme, archived: true });
    for (const list of Object.keys(shown)) {
      expect(new Set(all[list]), list).toEqual(new Set([...(shown[list] ?? []), ...(hidden[list] ?? [])]));
    }
    const query =
      'query ($id: ID!) { tenant(id: $id) { name archivedAt apps { name } members { subject } budgets { amount } } }';
    expect(await run(query, { id }, mesh.admin)).toEqual({
      tenant: {
        ...{ name: `Acme ${count}`, archivedAt: expect.any(String) },
        ...{ apps: [{ name: 'app' }, { name: 'shop' }], members: [{ subject: 'ada' }] },
        budgets: [{ amount: '1.000000000' }, { amount: '2.000000000' }],
      },
    });
    expect(await run(archiveTenant, { id }, mesh.admin)).toEqual({ archiveTenant: id });
    expect(await readRecords('tenant.archive', id)).toHaveLength(1);
    expect(await refusal(restoreApp, { id: old }, mesh.admin)).toBe(
      `CONFLICT: The tenant "${id}" is archived: restore it first.`,
    );
    const restored = { restoreTenant: { id, name: `Acme ${count}`, archivedAt: null } };
    expect(await run(restoreTenant, { id }, mesh.admin)).toEqual(restored);
    expect(await run(restoreTenant, { id }, mesh.admin)).toEqual(restored);
    expect(await readRecords('tenant.restore', id)).toHaveLength(1);
    expect(await listed(mesh.admin, ofAcme)).toEqual(shown);
    expect(await listed(mesh.admin, { ...ofAcme, archived: true })).toEqual(hidden);
    expect(await mesh.findCaller(app.secret)).toMatchObject({ keyId: app.keyId });
  });

  it('leaves the list, is found by the filter and its name, and its name is free', async () => {
    const id = acme.tenantId;
    const name = `Acme ${count}`;
    await run(archiveTenant, { id }, mesh.admin);
    const found = async (filter: object) =>
      (
        (
          await run(
            'query ($f: TenantFilter) { tenants(filter: $f) { edges { node { id name } } } }',
            { f: filter },
            mesh.admin,
          )
        ).tenants as { edges: { node: object }[] }
      ).edges.map(({ node }) => node);
    expect(await found({ search: name })).toEqual([]);
    expect(await found({ search: name, archived: true })).toEqual([{ id, name }]);
    const next = await mesh.addTenant(name);
    expect(next.tenantId).not.toBe(id);
    expect(await refusal(restoreTenant, { id }, mesh.admin)).toBe(
      `CONFLICT: There is a tenant named "${name}" already: rename or archive that one first.`,
    );
  });

  it.each<[string, () => string]>([
    ['createApp', () => `createApp(input: { tenantId: "${acme.tenantId}", name: "x" }) { id }`],
    ['updateApp', () => `updateApp(id: "${app.id}", input: { name: "x" }) { id }`],
    ['createApiKey', () => `createApiKey(input: { appId: "${app.id}" }) { secret }`],
    ['rotateApiKey', () => `rotateApiKey(id: "${app.keyId}") { secret }`],
    ['updateApiKey', () => `updateApiKey(id: "${app.keyId}", input: { label: "x" }) { id }`],
    [
      'saveMember',
      () => `saveMember(input: { tenantId: "${acme.tenantId}", subject: "x", role: OWNER }) { id }`,
    ],
    [
      'saveBudget',
      () => `saveBudget(input: { tenantId: "${acme.tenantId}", amount: "1", window: DAY }) { id }`,
    ],
    ['updateTenant', () => `updateTenant(id: "${acme.tenantId}", input: { name: "x" }) { id }`],
  ])('leaves nothing to create or change below it: %s is a CONFLICT', async (_name, mutation) => {
    await run(archiveTenant, { id: acme.tenantId }, mesh.admin);
    expect(await refusal(`mutation { ${mutation()} }`, {}, mesh.admin)).toBe(
      `CONFLICT: The tenant "${acme.tenantId}" is archived: restore it first.`,
    );
  });

  it('is for operators, of another tenant, and reports an unknown one as missing', async () => {
    for (const query of [archiveTenant, restoreTenant]) {
      expect(await refusal(query, { id: acme.tenantId })).toMatch(/^FORBIDDEN: .*tenants:admin/);
      expect(await refusal(query, { id: 'none' }, mesh.admin)).toBe('NOT_FOUND: There is no tenant "none".');
    }
    expect(await refusal(archiveTenant, { id: acme.tenantId }, await newOperator())).toMatch(
      /^FORBIDDEN: No key archives its own tenant/,
    );
  });

  it('can be assigned another plan, so that plans can be deleted', async () => {
    await run(archiveTenant, { id: acme.tenantId }, mesh.admin);
    await run(
      'mutation { savePlan(input: { id: "other", name: "Other", limits: [] }) { id } }',
      {},
      mesh.admin,
    );
    const assign = 'mutation ($id: ID!) { assignPlan(tenantId: $id, planId: "other") { name plan { id } } }';
    expect(await run(assign, { id: acme.tenantId }, mesh.admin)).toEqual({
      assignPlan: { name: `Acme ${count}`, plan: { id: 'other' } },
    });
  });

  it('is bounded, frees its room, and needs it again', async () => {
    const { connection } = mesh.database;
    const [live, archived] = await Promise.all([
      tenants(connection).countDocuments({ archivedAt: null }),
      tenants(connection).countDocuments({ archivedAt: { $ne: null } }),
    ]);
    const counts = parseCountLimits(`tenants=${live},archivedTenants=${archived + 1}`);
    await using small = createTenantsSubgraph({ ...mesh.deps, counts });
    const create = 'mutation ($name: String!) { createTenant(input: { name: $name }) { id } }';
    const made = async (name: string) => {
      const { data, errors } = await ask<{ createTenant: { id: string } }>(small, mesh.admin, create, {
        name,
      });
      return errors?.[0]?.message ?? data.createTenant.id;
    };
    expect(await made(`More ${count}`)).toContain('raise tenants.');
    await askForData(small, mesh.admin, archiveTenant, { id: acme.tenantId });
    const more = await made(`More ${count}`);
    const readErrors = async (query: string, id: string) =>
      (await ask(small, mesh.admin, query, { id })).errors?.[0]?.message;
    expect(await readErrors(restoreTenant, acme.tenantId)).toContain('raise tenants.');
    expect(await readErrors(archiveTenant, more)).toContain('raise archivedTenants.');
  });
});

describe.runIf(hasRedis())('in many processes', () => {
  it('a key that a gateway knows is refused by all of them as soon as they hear of it, and good again once restored', async () => {
    await using opened = new AsyncDisposableStack();
    const log = pino({ level: 'silent' });
    const { url } = opened.use(await startRedis());
    const [first, second] = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ];
    const writing = opened.use(createTenantsSubgraph({ ...mesh.deps, bus: first.bus }));
    // A clock that stands: no answer is forgotten by its age.
    const now = () => 1_000_000;
    const gateways = [
      opened.use(await createCallers({ tenants: writing, bus: first.bus, now })),
      opened.use(await createCallers({ tenants: writing, bus: second.bus, now })),
    ];
    const answers = (secret: string) =>
      Promise.all(
        gateways.map((gateway) =>
          gateway.identify({ apiKey: secret }, { requestId: 'r', clientAddress: null }).then(
            ({ keyId }) => keyId,
            ({ code, message, problem }) => ({ code, message, problem }),
          ),
        ),
      );
    for (const [archive, restore, id, secret, what] of [
      [archiveApp, restoreApp, app.id, app.secret, 'app'],
      [archiveTenant, restoreTenant, acme.tenantId, app.secret, 'tenant'],
    ] as const) {
      expect(await answers(secret)).toEqual([app.keyId, app.keyId]);
      await askForData(writing, mesh.admin, archive, { id });
      const refused = {
        ...{ code: 'UNAUTHENTICATED', message: `The ${what} of this API key is archived.` },
        problem: 'ARCHIVED',
      };
      await vi.waitFor(async () => expect(await answers(secret)).toEqual([refused, refused]));
      expect(gateways.map((gateway) => gateway.isKnown({ apiKey: secret }))).toEqual([false, false]);
      await askForData(writing, mesh.admin, restore, { id });
      await vi.waitFor(async () => expect(await answers(secret)).toEqual([app.keyId, app.keyId]));
    }
  });
});
