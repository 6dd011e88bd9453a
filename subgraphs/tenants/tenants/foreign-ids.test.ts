import { type GraphQLField, getNamedType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { buildOperation, buildSelection, listProbes } from '#test/resilience/support/probes/probes.ts';
import { ask, askForData, watchCommands } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let stranger: Caller;
/** Ids of one of everything that Acme has, by type. */
const ids: Record<string, string> = {};
/** Of nothing, and of the same form as an id of the type. */
const findMissing = (type: string) =>
  type === 'GuardrailPolicy' ? 'guardrail:nothing-000000:nothing' : 'nothing-0000000000000000';

beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme', ['inference:invoke', 'tenants:write', 'prompts:write', 'usage:read']);
  const made = await askForData<
    Record<string, { readonly id: string; readonly invitation?: { readonly id: string } }>
  >(
    mesh.subgraph,
    { ...acme.caller, scopes: builtInRoles.OWNER },
    `mutation { team: createTeam(input: { name: "team" }) { id } budget: saveBudget(input: { amount: 1, window: DAY }) { id }
      member: saveMember(input: { subject: "ada", role: OWNER }) { id } grant: requestAccess(resource: "x") { id }
      invited: inviteMember(input: { email: "ada@example.com", role: VIEWER }) { invitation { id } }
      saveProvisioning(input: { role: VIEWER }) { tenantId }
      provisioned: provisionMember(input: { externalId: "grace", userName: "grace" }) { id }
      group: saveMemberGroup(input: { displayName: "staff" }) { id }
      policy: saveGuardrailPolicy(input: { id: "keys", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }
      erasure: eraseEndUser(input: { endUserId: "visitor" }) { id }
      saveTrustedDocuments(input: { documents: [{ id: "d", body: "{ d }" }] }) { saved } }`,
  );
  const { trustedDocuments } = await askForData<{
    trustedDocuments: { edges: readonly { readonly node: { readonly id: string } }[] };
  }>(mesh.subgraph, acme.caller, '{ trustedDocuments { edges { node { id } } } }');
  Object.assign(ids, {
    ...{ Tenant: acme.tenantId, App: acme.appId, ApiKey: acme.keyId, Team: made.team?.id },
    ...{ Budget: made.budget?.id, Member: made.member?.id, AccessGrant: made.grant?.id },
    Invitation: made.invited?.invitation?.id,
    ...{ ProvisionedMember: made.provisioned?.id, MemberGroup: made.group?.id },
    ...{ Erasure: made.erasure?.id, GuardrailPolicy: made.policy?.id },
    TrustedDocument: trustedDocuments.edges[0]?.node.id,
  });
  const other = await mesh.addTenant('Stranger');
  stranger = { ...other.caller, scopes: builtInRoles.OWNER };
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

/** Commands that the operations of the stranger have sent. */
let read = 0;

/** What the stranger is answered, with the id left out, and the commands that the store was sent meanwhile, those of the audit log left out. */
async function observe(query: string, variables: Record<string, unknown>, id: string): Promise<string> {
  const { result, commands } = await watchCommands(mesh.database, () =>
    ask(mesh.subgraph, stranger, query, variables),
  );
  const sent = commands
    .map(({ commandName, command }) => `${commandName} ${command[commandName]}`)
    // Records of several calls are chained and written together, whatever they are about.
    .filter((line) => !/^\w+ audit_/.test(line));
  read += sent.length;
  return `${JSON.stringify(result)}\n${sent.join('\n')}`.replaceAll(id, '<id>');
}

type Kind = 'query' | 'mutation';

function listFields(kind: Kind): readonly GraphQLField<unknown, unknown>[] {
  const { schema } = mesh.subgraph;
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  // What begins with an underscore is for the mesh itself, and `_entities` has a test of its own.
  return Object.values(root?.getFields() ?? {}).filter(({ name }) => !name.startsWith('_'));
}

describe('an id of another tenant', { timeout: 120_000 }, () => {
  it('is known here of every type that a query finds by its id, but for those of the mesh', () => {
    const found = listFields('query')
      .filter(({ args }) => args.some(({ name }) => name === 'id'))
      .map(({ type }) => getNamedType(type).name);
    expect(found.length).toBeGreaterThan(8);
    expect(found.filter((type) => !(type in ids))).toEqual(['Plan']);
  });

  it.each<Kind>(['query', 'mutation'])(
    'at any place of any %s is answered as one of nothing is, with the same commands to the store',
    async (kind) => {
      const differing: string[] = [];
      let compared = 0;
      for (const field of listFields(kind)) {
        const query = buildOperation(kind, field, 1);
        for (const { leaf, takesId, argumentsWith } of listProbes(field)) {
          if (!takesId) continue;
          const answers = new Map<string, string>();
          for (const [type, id] of Object.entries(ids)) {
            const missing = findMissing(type);
            const unknown = answers.get(missing) ?? (await observe(query, argumentsWith(missing), missing));
            answers.set(missing, unknown);
            const foreign = await observe(query, argumentsWith(id), id);
            compared++;
            if (foreign !== unknown)
              differing.push(`${field.name}(${leaf}) of ${type}:\n${foreign}\n--- not\n${unknown}`);
          }
        }
      }
      expect(differing.join('\n\n')).toBe('');
      expect(compared).toBeGreaterThan(100);
      expect(read).toBeGreaterThan(compared);
    },
  );

  it('in a reference to an entity is answered as one of nothing is, with the same commands to the store', async () => {
    for (const [type, id] of Object.entries(ids)) {
      const shown = mesh.subgraph.schema.getType(type);
      if (shown === undefined || !('getFields' in shown)) throw new Error(`There is no type ${type}.`);
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${type} ${buildSelection(shown as never, 1)} } }`;
      const reference = (of: string) => observe(query, { of: [{ __typename: type, id: of }] }, of);
      expect(await reference(id), type).toBe(await reference(findMissing(type)));
    }
  });
});
