import type { SubgraphExecutor } from '#transport/executor.ts';
import { createRestMesh } from './rest-mesh.ts';
import type { SampleMesh } from './sample-subgraphs.ts';

const at = '2026-11-28T12:00:00.000Z';

const user = {
  id: 'u1',
  externalId: 'ada',
  userName: 'ada@example.com',
  displayName: 'Ada',
  givenName: 'Ada',
  familyName: 'King',
  email: 'ada@example.com',
  active: true,
  groups: [{ id: 'g1', displayName: 'Staff' }],
  createdAt: at,
  modifiedAt: at,
  version: 'v1',
};

const group = {
  id: 'g1',
  displayName: 'Staff',
  externalId: null,
  memberIds: ['u1'],
  revision: 1,
  createdAt: at,
  modifiedAt: at,
};

const answers = {
  provisionedMembers: { totalCount: 1, nodes: [user] },
  provisionedMember: user,
  provisionMember: user,
  updateProvisionedMember: user,
  removeProvisionedMember: 'u1',
  memberGroups: { totalCount: 1, nodes: [group] },
  memberGroup: group,
  saveMemberGroup: group,
  deleteMemberGroup: 'g1',
};

/** The real graph in front of a tenants subgraph with one provisioned member, in one group. Callers are those of the sample mesh. */
export function createScimMesh(): SampleMesh {
  const mesh = createRestMesh();
  const { tenants: sample } = mesh.executors;
  const tenants: SubgraphExecutor = {
    execute: async (request) => {
      if (request.caller.kind === 'SYSTEM') return sample.execute(request);
      mesh.calls.push({ subgraph: 'tenants', query: '', request });
      return { data: answers };
    },
  };
  return { ...mesh, executors: { ...mesh.executors, tenants } };
}
