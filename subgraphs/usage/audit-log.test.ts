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
    return auditLog.edges.map(({ node }) => node.action);
  };

  it('shows a tenant its own records alone, and those of the mesh to tenants:admin', async () => {
    expect(await actions(testCaller('acme', 'audit:read'))).toEqual(['thing.acme']);
    expect((await actions(admin)).toSorted()).toEqual(['thing.acme', 'thing.null', 'thing.other']);
  });

  it('tells who did what', async () => {
    expect(await dataOf(subgraph, testCaller('acme', 'audit:read'), log)).toEqual({
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

  it('needs audit:read', async () => {
    expect(await refusal(acme, log)).toMatch(/^FORBIDDEN: .*audit:read/);
  });
});
