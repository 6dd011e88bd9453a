import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { events } from '#mongo/events.ts';
import { members } from '#mongo/members.ts';
import { ask, askForData } from './subgraph.ts';
import type { TestTenant, TestTenants } from './tenants.ts';

export const PROVISION = 'mutation ($input: ProvisionMemberInput!) { provisionMember(input: $input) { id } }';
export const UPDATE =
  'mutation ($id: ID!, $input: UpdateProvisionedMemberInput!) { updateProvisionedMember(id: $id, input: $input) { id active } }';
export const REMOVE = 'mutation ($id: ID!) { removeProvisionedMember(id: $id) }';
export const SAVE_GROUP = 'mutation ($input: MemberGroupInput!) { saveMemberGroup(input: $input) { id } }';
export const DELETE_GROUP = 'mutation ($id: ID!) { deleteMemberGroup(id: $id) }';
export const SAVE =
  'mutation ($input: ProvisioningInput!) { saveProvisioning(input: $input) { departuresMax departuresLeft } }';
export const SAVE_MEMBER = 'mutation ($input: MemberInput!) { saveMember(input: $input) { id } }';

/** A user as an identity provider states it. */
export const toPerson = (name: string, more: object = {}) => ({
  input: { externalId: name, userName: `${name}@example.com`, email: `${name}@example.com`, ...more },
});

/** A tenant that is provisioned with the role VIEWER, and who acts in it. */
export async function provisionTenant(mesh: TestTenants, tenant: TestTenant) {
  /** Has every scope of an owner. */
  const owner: Caller = { ...tenant.caller, scopes: builtInRoles.OWNER };
  /** What an identity provider calls with. */
  const provider: Caller = { ...tenant.caller, scopes: ['members:write'] };
  const run = <T = Readonly<Record<string, { readonly id: string }>>>(
    query: string,
    variables: Record<string, unknown> = {},
    caller = provider,
  ) => askForData<T>(mesh.subgraph, caller, query, variables);
  const findError = async (query: string, variables: Record<string, unknown> = {}, caller = provider) =>
    (await ask(mesh.subgraph, caller, query, variables)).errors?.[0];
  await run('mutation { saveProvisioning(input: { role: VIEWER }) { tenantId } }', {}, owner);
  const readMember = async (id: string) => {
    const found = await members(mesh.database.connection).findById(id).lean();
    return (
      found && {
        role: found.role,
        customRole: found.customRole ?? null,
        isActive: found.deactivatedAt == null,
      }
    );
  };
  return {
    ...{ tenant, owner, provider, run, findError, readMember },
    findCode: async (...args: Parameters<typeof findError>) => (await findError(...args))?.code ?? null,
    readRole: async (id: string) => (await readMember(id))?.role,
    /** The id of a new user. */
    provision: async (name: string, more: object = {}) =>
      (await run(PROVISION, toPerson(name, more))).provisionMember?.id ?? '',
    saveGroup: async (input: object) => (await run(SAVE_GROUP, { input })).saveMemberGroup?.id ?? '',
    /** The id of a member that the owner adds. */
    saveMember: async (input: object) => (await run(SAVE_MEMBER, { input }, owner)).saveMember?.id ?? '',
    mapGroups: (...groupRoles: readonly object[]) => run(SAVE, { input: { groupRoles } }, owner),
    /** The types of its events, without those of the keys that it began with. */
    listEvents: async () => {
      const where = { tenantId: tenant.tenantId };
      const found = await events(mesh.database.connection).find(where).sort({ sequence: 1 }).lean();
      return found.map(({ type }) => type).filter((type) => type !== 'key.created');
    },
  };
}

export type ProvisionedTenant = Awaited<ReturnType<typeof provisionTenant>>;
