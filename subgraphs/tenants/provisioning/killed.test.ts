import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settleEvents } from '#mongo/events.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import {
  DELETE_GROUP,
  PROVISION,
  type ProvisionedTenant,
  provisionTenant,
  REMOVE,
  SAVE,
  SAVE_GROUP,
  toPerson,
  UPDATE,
} from '#test/support/provisioning.ts';
import { ask } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { settleDepartures } from '../members/end-membership.ts';
import { settleProvisioning } from './settle-provisioning.ts';

const log = pino({ level: 'silent' });
let mesh: TestTenants;
let count = 0;
beforeAll(async () => {
  mesh = await startTenants(openFailingDatabase);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

async function repair() {
  const { connection } = mesh.database;
  await settleProvisioning(connection, log);
  await settleDepartures(mesh.deps);
  await settleEvents(connection, new Date(Date.now() + 1_000), Date.now());
}

interface Made extends ProvisionedTenant {
  readonly ada: string;
  readonly inactive: string;
  readonly staff: string;
}

/** A tenant with four users, two of them in a group with a role, and one that its provider has deactivated. */
async function makeTenant(): Promise<Made> {
  const made = await provisionTenant(mesh, await mesh.addTenant(`Killed ${++count}`));
  const [ada, grace, inactive] = [
    await made.provision('ada'),
    await made.provision('grace'),
    await made.provision('inactive', { active: false }),
  ];
  await made.provision('eve');
  await made.saveMember({ subject: 'local', role: 'DEVELOPER' });
  const staff = await made.saveGroup({ displayName: 'Staff', memberIds: [ada, grace] });
  await made.mapGroups({ groupId: staff, role: 'ADMIN' });
  return { ...made, ada, inactive, staff };
}

type Change = readonly [query: string, variables: Readonly<Record<string, unknown>>];

describe('a process that is killed', { timeout: 120_000 }, () => {
  it.each<[string, 'owner' | 'provider', (made: Made) => Change]>([
    ['provisionMember', 'provider', () => [PROVISION, toPerson('new')]],
    ['provisionMember of a member', 'provider', () => [PROVISION, toPerson('local', { active: false })]],
    ['updateProvisionedMember', 'provider', ({ ada }) => [UPDATE, { id: ada, input: { displayName: 'A' } }]],
    [
      'updateProvisionedMember that deactivates',
      'provider',
      ({ ada }) => [UPDATE, { id: ada, input: { active: false, displayName: 'A' } }],
    ],
    [
      'updateProvisionedMember that reactivates',
      'provider',
      ({ inactive }) => [UPDATE, { id: inactive, input: { active: true, displayName: 'A' } }],
    ],
    ['removeProvisionedMember', 'provider', ({ ada }) => [REMOVE, { id: ada }]],
    [
      'saveMemberGroup',
      'provider',
      ({ ada }) => [SAVE_GROUP, { input: { displayName: 'New', memberIds: [ada] } }],
    ],
    [
      'saveMemberGroup of members',
      'provider',
      ({ staff }) => [SAVE_GROUP, { input: { id: staff, displayName: 'Other', memberIds: [] } }],
    ],
    ['deleteMemberGroup', 'provider', ({ staff }) => [DELETE_GROUP, { id: staff }]],
    ['saveProvisioning', 'owner', () => [SAVE, { input: { role: 'BILLING', groupRoles: [] } }]],
    ['deleteProvisioning', 'owner', () => ['mutation { deleteProvisioning }', {}]],
  ])(
    'while it runs %s leaves all of it or nothing after the next start, and a record that names it',
    async (_name, who, buildChange) => {
      const prepare = async () => {
        const made = await makeTenant();
        const [query, variables] = buildChange(made);
        return () => ask(mesh.subgraph, made[who], query, { ...variables });
      };
      const states = new Set<string>(['']);
      const outcomes = new Set<string>();
      for await (const { hasChanged, changes, records } of killedAtEveryWrite(
        mesh.database.connection,
        prepare,
        repair,
      )) {
        states.add(changes);
        if (hasChanged)
          expect(records).toMatchObject([{ targetType: expect.any(String), targetId: expect.any(String) }]);
        for (const { outcome } of records) outcomes.add(outcome);
      }
      expect([...states].slice(1)).toHaveLength(1);
      expect(outcomes).toEqual(new Set(['INTERRUPTED', 'SUCCEEDED']));
    },
  );
});
