import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditLog } from '#mongo/audit/log.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';
import { acme, everyone as admin, openUsageMesh, type UsageMesh } from '#test/support/usage-mesh.ts';
import type { Subgraph } from '#transport/executor.ts';

let mesh: UsageMesh;
let subgraph: Subgraph;

beforeAll(async () => {
  mesh = await openUsageMesh();
  ({ subgraph } = mesh);
});

afterAll(() => mesh?.[Symbol.asyncDispose]());

const refusal: UsageMesh['refusal'] = (...args) => mesh.refusal(...args);

describe('auditLog', () => {
  const log =
    '{ auditLog { edges { node { action outcome tenant { id } actor { kind keyId app { id } } targetId arguments } } } }';

  beforeAll(async () => {
    for (const tenantId of ['acme', 'other', null]) {
      const id = await mesh.services.audit.begin({
        tenantId,
        actor: { kind: 'API_KEY', keyId: 'k1', appId: 'app1', subject: null },
        action: `thing.${tenantId}`,
        arguments: { name: 'x' },
        requestId: 'r1',
        clientAddress: null,
      });
      await mesh.services.audit.end(id, {
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'Thing',
        targetId: 't1',
        before: null,
        after: null,
      });
    }
  });

  const actions = async (caller: typeof acme) => {
    const { auditLog } = await askForData<{ auditLog: { edges: { node: { action: string } }[] } }>(
      subgraph,
      caller,
      log,
    );
    // The reads of the log itself are in it too.
    return auditLog.edges.map(({ node }) => node.action).filter((action) => action !== 'auditLog.read');
  };

  it('shows a tenant its own records alone, and those of the mesh to tenants:admin', async () => {
    expect(await actions(testCaller('acme', 'audit:read'))).toEqual(['thing.acme']);
    expect((await actions(admin)).toSorted()).toEqual(['thing.acme', 'thing.null', 'thing.other']);
  });

  it('records who did what', async () => {
    const told = await askForData<{ auditLog: { edges: { node: { action: string } }[] } }>(
      subgraph,
      testCaller('acme', 'audit:read'),
      log,
    );
    expect({
      auditLog: { edges: told.auditLog.edges.filter(({ node }) => node.action === 'thing.acme') },
    }).toEqual({
      auditLog: {
        edges: [
          {
            node: {
              action: 'thing.acme',
              outcome: 'SUCCEEDED',
              tenant: { id: 'acme' },
              actor: { kind: 'API_KEY', keyId: 'k1', app: { id: 'app1' } },
              targetId: 't1',
              arguments: { name: 'x' },
            },
          },
        ],
      },
    });
  });

  it('shows refusals and reads with how often they occurred, and until when they are kept', async () => {
    const caller = testCaller('counted', 'audit:read');
    const refused = {
      tenantId: 'counted',
      actor: { kind: 'API_KEY', keyId: 'k7', appId: null, subject: null },
      action: 'tenant.create',
      outcome: 'REFUSED',
      errorCode: 'FORBIDDEN',
      requestId: 'r7',
      clientRequestId: 'theirs',
      clientAddress: null,
      count: 3,
    } as const;
    await mesh.services.audit.count(refused);
    await mesh.services.audit.count({ ...refused, requestId: 'r8' });
    const query = `{ auditLog { edges { node {
      action outcome errorCode count at lastAt expiresAt requestId clientRequestId actor { keyId }
    } } } }`;
    const { auditLog } = await askForData<{ auditLog: { edges: { node: Record<string, unknown> }[] } }>(
      subgraph,
      caller,
      query,
    );
    const nodes = auditLog.edges.map(({ node }) => node);
    expect(nodes.find(({ outcome }) => outcome === 'REFUSED')).toMatchObject({
      action: 'tenant.create',
      errorCode: 'FORBIDDEN',
      count: 6,
      requestId: 'r7',
      clientRequestId: 'theirs',
      actor: { keyId: 'k7' },
      lastAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(nodes.find(({ action }) => action === 'auditLog.read')).toMatchObject({
      outcome: 'SUCCEEDED',
      count: 1,
    });
  });

  it('needs audit:read', async () => {
    expect(await refusal(acme, log)).toMatch(/^FORBIDDEN: .*audit:read/);
  });
});

describe('the filter of the audit log', () => {
  const reader = testCaller('filtered', 'audit:read');
  const days = ['2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z'];

  beforeAll(async () => {
    for (const [i, at] of days.entries()) {
      const audit = createAuditLog(mesh.database.connection, () => Date.parse(at));
      const id = await audit.begin({
        tenantId: 'filtered',
        actor: { kind: 'API_KEY', keyId: `key${i}`, appId: `app${i % 2}`, subject: null },
        action: `thing.${i === 0 ? 'create' : 'change'}`,
        arguments: { at: i },
        requestId: `request${i}`,
        clientAddress: null,
      });
      if (i === 2) continue;
      await audit.end(id, {
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: i === 0 ? 'Thing' : 'Other',
        targetId: `target${i}`,
        before: null,
        after: null,
      });
    }
  });

  const query = `query ($filter: AuditFilter, $orderBy: TimeOrder) {
    auditLog(filter: $filter, orderBy: $orderBy) { totalCount edges { node { requestId } } }
  }`;
  interface Log {
    readonly auditLog: { readonly totalCount: number; readonly edges: { node: { requestId: string } }[] };
  }
  const requests = async (filter: object, caller = reader, orderBy = 'NEWEST_FIRST') => {
    const { auditLog } = await askForData<Log>(subgraph, caller, query, { filter, orderBy });
    expect(auditLog.totalCount).toBe(auditLog.edges.length);
    return auditLog.edges.map(({ node }) => node.requestId);
  };

  it.each([
    [{ to: '2026-04-01T00:00:00Z' }, ['request2', 'request1', 'request0']],
    [{ from: days[1], to: days[2] }, ['request1']],
    [{ from: days[2], to: '2026-04-01T00:00:00Z' }, ['request2']],
    [{ action: 'thing.create' }, ['request0']],
    [{ outcome: 'STARTED', action: 'thing.change' }, ['request2']],
    [{ keyId: 'key1' }, ['request1']],
    [{ appId: 'app0' }, ['request2', 'request0']],
    [{ subject: 'nobody' }, []],
    [{ targetType: 'Other' }, ['request1']],
    [{ targetId: 'target0' }, ['request0']],
    [{ requestId: 'request1' }, ['request1']],
    [{ tenantId: 'filtered', keyId: 'key0' }, ['request0']],
    [{ tenantId: 'acme' }, []],
  ])('fits %j', async (filter, expected) => {
    expect(await requests(filter)).toEqual(expected);
  });

  it('turns the order round, and shows no tenant another’s records', async () => {
    const filter = { to: '2026-04-01T00:00:00Z', from: days[0] };
    expect(await requests(filter, reader, 'OLDEST_FIRST')).toEqual(['request0', 'request1', 'request2']);
    expect(await requests({ ...filter, tenantId: 'filtered' }, testCaller('acme', 'audit:read'))).toEqual([]);
    expect(await requests({ ...filter, tenantId: 'filtered' }, admin)).toHaveLength(3);
  });
});

it('the audit log finds what was done by a person of an issuer and with the keys of a member or a service, and shows them', async () => {
  for (const owner of [{ issuerId: 'partner' }, { memberId: 'm1' }, { service: 'import' }]) {
    const actor = { kind: 'API_KEY', keyId: 'k9', appId: 'app1', subject: null, ...owner };
    const begun = { tenantId: 'owners', actor, action: 'owned.thing', arguments: null, requestId: 'r9' };
    await mesh.services.audit.begin({ ...begun, clientAddress: null });
    const query = `query ($filter: AuditFilter) { auditLog(filter: $filter) {
      edges { node { action actor { issuerId memberId service } } }
    } }`;
    const find = (caller: typeof acme) => askForData(subgraph, caller, query, { filter: owner });
    const shown = { issuerId: null, memberId: null, service: null, ...owner };
    expect(await find(testCaller('owners', 'audit:read'))).toEqual({
      auditLog: { edges: [{ node: { action: 'owned.thing', actor: shown } }] },
    });
    expect(await find(testCaller('acme', 'audit:read'))).toEqual({ auditLog: { edges: [] } });
  }
});
