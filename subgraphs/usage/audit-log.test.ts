import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, testCaller } from '#test/support/subgraph.ts';
import { acme, everyone as admin, openUsageMesh, type UsageMesh } from '#test/support/usage-mesh.ts';
import type { Subgraph } from '../shared/subgraph.ts';

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
    const { auditLog } = await dataOf<{ auditLog: { edges: { node: { action: string } }[] } }>(
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

  it('tells who did what', async () => {
    const told = await dataOf<{ auditLog: { edges: { node: { action: string } }[] } }>(
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
    const { auditLog } = await dataOf<{ auditLog: { edges: { node: Record<string, unknown> }[] } }>(
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
