import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { admin, type MeshOf, newTenant, unique } from '../setup.ts';
import { entra } from './entra.ts';
import { okta } from './okta.ts';
import { ScimPlayer, type ScimTraffic, subjects } from './scim-steps.ts';

const providers: readonly (readonly [name: string, userAgent: string, traffic: ScimTraffic])[] = [
  ['Entra', 'Microsoft-Entra-Provisioning', entra],
  ['Okta', 'Okta SCIM Client 1.0.0', okta],
];

const ROLES = `query ($id: ID!) { members(first: 10, filter: { tenantId: $id }) { edges { node { subject role deactivatedAt } } } }`;

/** Identity providers that keep the members and groups of a tenant over SCIM, with the requests that they send. */
export function provisioningScenarios(mesh: MeshOf): void {
  describe.each(providers)('a tenant that %s provisions', (name, userAgent, traffic) => {
    let issuer: TokenIssuer;
    let made: Awaited<ReturnType<typeof newTenant>>;
    let player: ScimPlayer;

    beforeAll(async () => {
      issuer = await startTokenIssuer();
      made = await newTenant(mesh);
      const { tenantId, appId } = made;
      const root = admin(mesh);
      const issuerId = unique('issuer');
      await root.data('mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }', {
        input: { id: issuerId, issuer: issuer.url, audience: 'heddle' },
      });
      await root.data(
        'mutation ($input: ProvisioningInput!) { saveProvisioning(input: $input) { tenantId } }',
        {
          input: { tenantId, issuerId, role: 'VIEWER' },
        },
      );
      const { createApiKey } = await root.data<{ createApiKey: { secret: string } }>(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { appId, label: name, scopes: ['members:write'], limits: [] } },
      );
      player = new ScimPlayer(() => mesh().url, createApiKey.secret, userAgent);
    });
    afterAll(() => issuer?.[Symbol.asyncDispose]());

    const person = async (subject: string): Promise<TestClient> =>
      createTestClient(mesh().url, await issuer.sign({ sub: subject }));
    const findKind = async (caller: TestClient) =>
      (await caller.send<{ me: { kind: string } | null }>('{ me { kind } }')).data?.me?.kind ?? null;
    const readRoles = async () => {
      const { members } = await admin(mesh).data<{
        members: {
          edges: readonly { node: { subject: string; role: string; deactivatedAt: string | null } }[];
        };
      }>(ROLES, { id: made.tenantId });
      return Object.fromEntries(
        members.edges.map(({ node }) => [node.subject, node.deactivatedAt === null ? node.role : 'INACTIVE']),
      );
    };

    it('has its users as members with the roles of their groups, whatever the groups are called', async () => {
      await player.play(traffic.connect);
      await player.play(traffic.createUsers);
      expect(await readRoles()).toEqual({ [subjects.ada]: 'VIEWER', [subjects.grace]: 'VIEWER' });
      await player.play(traffic.createGroup);
      await admin(mesh).data(
        'mutation ($input: ProvisioningInput!) { saveProvisioning(input: $input) { tenantId } }',
        {
          input: {
            tenantId: made.tenantId,
            groupRoles: [{ groupId: player.ids.get('staff'), role: 'ADMIN' }],
          },
        },
      );
      expect(await readRoles()).toEqual({ [subjects.ada]: 'ADMIN', [subjects.grace]: 'ADMIN' });
      await player.play(traffic.changeUser);
      await player.play(traffic.renameGroup);
      expect(await readRoles()).toEqual({ [subjects.ada]: 'ADMIN', [subjects.grace]: 'ADMIN' });
      await player.play(traffic.unassign);
      expect(await readRoles()).toEqual({ [subjects.ada]: 'ADMIN', [subjects.grace]: 'VIEWER' });
    });

    it('refuses the token and the keys of a user that is disabled, and its token no longer once it is enabled', async () => {
      const ada = await person(subjects.ada);
      expect(await findKind(ada)).toBe('USER');
      const { createApiKey } = await ada.data<{ createApiKey: { secret: string } }>(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { appId: made.appId, scopes: ['inference:invoke'] } },
      );
      const key = createTestClient(mesh().url, createApiKey.secret);
      expect(await findKind(key)).toBe('API_KEY');
      await player.play(traffic.disable);
      expect([await findKind(ada), await findKind(key)]).toEqual([null, null]);
      expect(await readRoles()).toMatchObject({ [subjects.ada]: 'INACTIVE' });
      await player.play(traffic.enable);
      expect([await findKind(ada), await findKind(key)]).toEqual(['USER', null]);
    });

    it('takes the role of a group away with it, and the user with its deletion', async () => {
      await player.play(traffic.deleteGroup);
      expect(await readRoles()).toEqual({ [subjects.ada]: 'VIEWER', [subjects.grace]: 'VIEWER' });
      await player.play(traffic.leave);
      expect((await readRoles())[subjects.ada] ?? 'INACTIVE').toBe('INACTIVE');
      expect(await findKind(await person(subjects.ada))).toBeNull();
    });
  });
}
