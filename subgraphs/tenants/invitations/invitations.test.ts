import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { builtInRoles } from '#core/roles.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { events, settleEvents } from '#mongo/events.ts';
import { invitations } from '#mongo/invitations.ts';
import { members } from '#mongo/members.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import {
  INVITE,
  type Invited,
  LIST,
  type Listed,
  person,
  RESEND,
  REVOKE,
  readSecret,
} from '#test/support/invitations.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { settleDepartures } from '../members/end-membership.ts';
import { withRoles } from '../roles/find-role.ts';
import { settleAcceptances } from './accept-invitation.ts';
import { hashInvitationSecret } from './invitation-link.ts';
import type { ProvenPerson } from './proven-person.ts';

let mesh: TestTenants;
let acme: TestTenant;
let owner: Caller;
let count = 0;

const beginMs = Date.parse('2026-05-01T12:00:00Z');
const dayMs = 86_400_000;

beforeAll(async () => {
  mesh = await startTenants(openFailingDatabase, {
    counts: parseCountLimits('invitationsPerTenant=3'),
    publicUrl: 'https://heddle.example',
    secrets: testSecrets,
  });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = beginMs;
  acme = await mesh.addTenant(`Invitations ${++count}`, ['tenants:write', 'inference:invoke']);
  owner = { ...acme.caller, scopes: builtInRoles.OWNER };
});

const tryInvite = (input: object = {}, caller = owner) =>
  ask<{ inviteMember: Invited }>(mesh.subgraph, caller, INVITE, {
    input: { email: 'Ada@Example.com', role: 'DEVELOPER', ...input },
  });
async function invite(input: object = {}, caller = owner): Promise<Invited> {
  const { data, errors } = await tryInvite(input, caller);
  if (errors) throw new Error(errors[0]?.message);
  return data.inviteMember;
}
const findCode = async (query: string, variables: object, caller = owner) =>
  (await ask(mesh.subgraph, caller, query, { ...variables })).errors?.[0]?.code ?? null;
const resend = async (id: string) =>
  (await askForData<{ resendInvitation: Invited }>(mesh.subgraph, owner, RESEND, { id })).resendInvitation;

/** As the gateway does it for a person who has signed in; the code of the refusal, null where it has ended, or the tenant. */
async function accept(invited: Invited, who = person(), expiresAtMs = beginMs + 90 * dayMs) {
  const offer = { secretHash: hashInvitationSecret(readSecret(invited)), person: who, expiresAtMs };
  return acceptSealed(testSecrets.seal(JSON.stringify(offer), ['sign-in', 'invitation']));
}

async function acceptSealed(state: string, caller = systemCaller): Promise<unknown> {
  const query = 'mutation ($state: String!) { _acceptInvitation(stateSecret: $state) }';
  const { data, errors } = await ask<{ _acceptInvitation: unknown } | null>(mesh.subgraph, caller, query, {
    state,
  });
  return errors?.[0]?.code ?? data?._acceptInvitation;
}
const readMembers = () => members(mesh.database.connection).find({ tenantId: acme.tenantId }).lean();
const readTypes = async () =>
  (await events(mesh.database.connection).find({ tenantId: acme.tenantId }).sort({ sequence: 1 }).lean())
    .map(({ type }) => type)
    .filter((type) => type !== 'key.created');

describe('an invitation', () => {
  it('has a link with a secret that is kept nowhere, and an event without its address', async () => {
    const made = await invite({ message: ' Welcome.\nAda ', expiresInDays: 2 });
    expect(made).toMatchObject({
      link: expect.stringMatching(/^https:\/\/heddle\.example\/auth\/invitation\?token=[\w-]{43}$/),
      invitation: {
        ...{ email: 'Ada@Example.com', role: 'DEVELOPER', anyEmail: false, message: 'Welcome.\nAda' },
        ...{ status: 'PENDING', invitedBy: acme.keyId, member: null },
        expiresAt: new Date(beginMs + 2 * dayMs).toISOString(),
      },
    });
    const { connection } = mesh.database;
    const record = await invitations(connection).findById(made.invitation.id).lean();
    const records = await auditLog(connection).find({ targetId: made.invitation.id }).lean();
    expect(records).toMatchObject([{ action: 'invitation.create', outcome: 'SUCCEEDED' }]);
    const event = await events(connection).findOne({ subject: made.invitation.id }).lean();
    expect(event?.type).toBe('member.invited');
    expect(JSON.stringify([record, records, event])).not.toContain(readSecret(made));
    expect(JSON.stringify(records)).not.toContain(record?.secretHashes[0]);
    expect(JSON.stringify(event).toLowerCase()).not.toContain('ada@');
  });

  it('makes a member of the person that accepts it, once, also where several do at once', async () => {
    const made = await invite();
    const answers = await Promise.all([accept(made), accept(made, person('eve')), accept(made)]);
    expect(answers.filter((answer) => answer !== null)).toMatchObject([{ tenantId: acme.tenantId }]);
    const found = await readMembers();
    expect(found).toMatchObject([
      { issuerId: 'default', email: 'ada@example.com', role: 'DEVELOPER', tenantId: acme.tenantId },
    ]);
    expect(await accept(made, person('grace'))).toBeNull();
    const { invitations: list } = await askForData<Listed>(mesh.subgraph, owner, LIST);
    expect(list.edges[0]?.node).toMatchObject({ status: 'ACCEPTED', member: { id: found[0]?._id } });
    expect(await readTypes()).toEqual(['member.invited', 'member.joined']);
  });

  it.each<[string, object, Partial<ProvenPerson>, boolean]>([
    ['the invited address in another case', {}, { email: 'ADA@example.COM' }, true],
    ['another address', {}, { email: 'ada@example.org' }, false],
    ['no address', {}, { email: null }, false],
    ['an address that is not verified', {}, { isEmailVerified: false }, false],
    [
      'another address where any may accept',
      { anyEmail: true },
      { email: 'a@b', isEmailVerified: false },
      true,
    ],
  ])('is accepted by a person with %s or not', async (_what, input, more, isAccepted) => {
    const made = await invite(input);
    const answer = await accept(made, person('ada', more));
    if (isAccepted) expect(answer).toMatchObject({ tenantId: acme.tenantId });
    else {
      expect(answer).toBe('FORBIDDEN');
      // Its own person can still accept it.
      expect(await accept(made)).toMatchObject({ tenantId: acme.tenantId });
    }
  });

  it('ends after its days, by revocation, with its tenant, and with the role that it grants', async () => {
    const expired = await invite({ email: 'a@b.c', expiresInDays: 1 });
    const revoked = await invite({ email: 'b@b.c' });
    expect(await findCode(REVOKE, { id: revoked.invitation.id })).toBeNull();
    expect(await findCode(REVOKE, { id: revoked.invitation.id })).toBeNull();
    expect(await accept(revoked, person('b', { email: 'b@b.c' }))).toBeNull();
    mesh.clock.ms = beginMs + dayMs;
    expect(await accept(expired, person('a', { email: 'a@b.c' }))).toBeNull();
    const role = 'mutation { saveRole(input: { name: "gone", scopes: [] }) { name } }';
    await askForData(mesh.subgraph, owner, role);
    const ofRole = await invite({ email: 'c@b.c', role: 'CUSTOM', customRole: 'gone' });
    await askForData(mesh.subgraph, owner, 'mutation { deleteRole(name: "gone") }');
    expect(await accept(ofRole, person('c', { email: 'c@b.c' }))).toBeNull();
    const made = await invite();
    await askForData(mesh.subgraph, mesh.admin, `mutation { archiveTenant(id: "${acme.tenantId}") }`);
    expect(await accept(made)).toBeNull();
    const archived = { filter: { tenantId: acme.tenantId, archived: true } };
    const { invitations: list } = await askForData<Listed>(mesh.subgraph, mesh.admin, LIST, archived);
    expect(list.totalCount).toBe(4);
    await askForData(mesh.subgraph, mesh.admin, `mutation { restoreTenant(id: "${acme.tenantId}") { id } }`);
    expect(await accept(made)).toMatchObject({ tenantId: acme.tenantId });
    expect(await findCode(REVOKE, { id: made.invitation.id })).toBe('CONFLICT');
    expect(await findCode(RESEND, { id: made.invitation.id })).toBe('CONFLICT');
  });

  it('is accepted or revoked, never both, where that happens at once', async () => {
    for (let round = 0; round < 5; round++) {
      const made = await invite({ email: `r${round}@b.c` });
      const who = person(`r${round}`, { email: `r${round}@b.c` });
      const [answer, code] = await Promise.all([
        accept(made, who),
        findCode(REVOKE, { id: made.invitation.id }),
      ]);
      expect(answer === null, String(code)).toBe(code === null);
      expect(
        await members(mesh.database.connection).countDocuments({
          subject: who.subject,
          tenantId: acme.tenantId,
        }),
      ).toBe(answer === null ? 0 : 1);
    }
  });

  it('is revoked also where a person is about to be made a member of it', async () => {
    const { connection } = mesh.database;
    const made = await invite();
    const isCounted = Promise.withResolvers<void>();
    // The room for members is counted after the invitation was found open, and before the roles are locked.
    const note = ({ command }: CommandStartedEvent) => {
      if (command.aggregate === 'members') isCounted.resolve();
    };
    const client = connection.getClient().on('commandStarted', note);
    const revoked = Promise.withResolvers<void>();
    const holding = withRoles(acme.tenantId, connection, () => revoked.promise);
    const accepting = accept(made);
    await isCounted.promise;
    expect(await findCode(REVOKE, { id: made.invitation.id })).toBeNull();
    revoked.resolve();
    await holding;
    expect(await accepting).toBeNull();
    expect(await readMembers()).toEqual([]);
    client.off('commandStarted', note);
  });

  it('is not for who is a member, or was deactivated', async () => {
    const save = `mutation { saveMember(input: { subject: "ada", role: VIEWER }) { id } }`;
    const { saveMember } = await askForData<{ saveMember: { id: string } }>(mesh.subgraph, owner, save);
    const made = await invite();
    expect(await accept(made)).toBe('CONFLICT');
    await askForData(mesh.subgraph, owner, `mutation { deactivateMember(id: "${saveMember.id}") { id } }`);
    expect(await accept(made)).toBe('CONFLICT');
    expect(await readMembers()).toMatchObject([{ role: 'VIEWER', deactivatedAt: expect.any(Date) }]);
    // The same subject of another issuer is another person.
    expect(await accept(made, person('ada', { issuerId: 'partner' }))).toMatchObject({
      tenantId: acme.tenantId,
    });
  });
});

describe('an invitation that is sent again', () => {
  it('has another link, valid as long as the first was, in place of the former ones', async () => {
    const first = await invite({ expiresInDays: 3 });
    mesh.clock.ms = beginMs + 4 * dayMs;
    const second = await resend(first.invitation.id);
    expect(second.invitation).toMatchObject({
      status: 'PENDING',
      expiresAt: new Date(beginMs + 7 * dayMs).toISOString(),
    });
    expect(await accept(first)).toBeNull();
    expect(await accept(second)).toMatchObject({ tenantId: acme.tenantId });
  });

  it('is sent ten times at most, and not where the address has another one by then', async () => {
    const made = await invite({ expiresInDays: 1 });
    for (let sent = 0; sent < 10; sent++) await resend(made.invitation.id);
    expect(await findCode(RESEND, { id: made.invitation.id })).toBe('CONFLICT');
    mesh.clock.ms = beginMs + 2 * dayMs;
    await invite();
    await invitations(mesh.database.connection).updateOne(
      { _id: made.invitation.id },
      { $set: { resends: 0 } },
    );
    expect(await findCode(RESEND, { id: made.invitation.id })).toBe('CONFLICT');
  });
});

describe('an inviter', () => {
  it('grants no role with scopes that it lacks, and changes no invitation to one', async () => {
    const weak = { ...acme.caller, scopes: builtInRoles.ADMIN };
    expect((await tryInvite({ role: 'OWNER' }, weak)).errors?.[0]?.code).toBe('FORBIDDEN');
    const made = await invite({ role: 'OWNER' });
    for (const query of [RESEND, REVOKE]) {
      expect(await findCode(query, { id: made.invitation.id }, weak)).toBe('FORBIDDEN');
    }
    expect(await findCode(INVITE, { input: { email: 'b@b.c', role: 'ADMIN' } }, weak)).toBeNull();
  });

  it('takes its open invitations along when it is deactivated, and not those that were accepted', async () => {
    const { connection } = mesh.database;
    const save = `mutation { saveMember(input: { subject: "inviter", role: OWNER }) { id } }`;
    await askForData(mesh.subgraph, owner, save);
    const { saveMember } = await askForData<{ saveMember: { id: string } }>(
      mesh.subgraph,
      owner,
      save.replace('inviter', 'second'),
    );
    const caller: Caller = { ...owner, kind: 'USER', keyId: null, subject: 'second', issuerId: 'default' };
    const open = await invite({ email: 'open@b.c' }, caller);
    const used = await invite({ email: 'used@b.c' }, caller);
    await accept(used, person('used', { email: 'used@b.c' }));
    await askForData(mesh.subgraph, owner, `mutation { deactivateMember(id: "${saveMember.id}") { id } }`);
    expect(await accept(open, person('open', { email: 'open@b.c' }))).toBeNull();
    expect((await invitations(connection).findById(used.invitation.id).lean())?.revokedAt).toBeNull();
    expect((await tryInvite({}, caller)).errors?.[0]?.code).toBe('FORBIDDEN');
  });

  it.each<[string, object]>([
    ['expiresInDays', { expiresInDays: 0 }],
    ['expiresInDays', { expiresInDays: 31 }],
    ['email', { email: 'a@b.c, d@e.f' }],
    ['email', { email: 'a@b.c\r\nBcc: d@e.f' }],
    ['email', { email: '"<a@b.c>"@d.e' }],
    ['message', { message: 'x'.repeat(1_001) }],
    ['customRole', { role: 'CUSTOM' }],
    ['customRole', { role: 'CUSTOM', customRole: 'nothing' }],
  ])('is answered with what is wrong with %s', async (field, input) => {
    expect((await tryInvite(input)).errors).toMatchObject([
      { code: 'BAD_USER_INPUT', message: expect.stringContaining(`input.${field}`) },
    ]);
  });

  it('has room for so many open ones, one for each address, and loses the oldest that have ended', async () => {
    const first = await invite();
    expect((await tryInvite({ email: 'ADA@example.com' })).errors?.[0]?.code).toBe('CONFLICT');
    await invite({ email: 'b@b.c' });
    await invite({ email: 'c@b.c' });
    expect((await tryInvite({ email: 'd@b.c' })).errors?.[0]?.code).toBe('CONFLICT');
    await findCode(REVOKE, { id: first.invitation.id });
    const next = await invite({ email: 'd@b.c' });
    expect(next.invitation.status).toBe('PENDING');
    const all = await Promise.all(['e', 'f', 'g', 'h'].map((name) => tryInvite({ email: `${name}@b.c` })));
    expect(all.every(({ errors }) => errors?.[0]?.code === 'CONFLICT')).toBe(true);
    for (let round = 0; round < 5; round++) {
      mesh.clock.ms = beginMs + round;
      const list = await askForData<Listed>(mesh.subgraph, owner, LIST, { filter: { status: 'PENDING' } });
      await findCode(REVOKE, { id: list.invitations.edges[0]?.node.id });
      await invite({ email: `round-${round}@b.c` });
    }
    const records = invitations(mesh.database.connection);
    expect(await records.countDocuments({ tenantId: acme.tenantId })).toBeLessThanOrEqual(6);
  });
});

it('invitations are listed by status and address, to their own tenant alone', async () => {
  const other = await mesh.addTenant(`Invitations ${++count}`);
  await invite({ email: 'b@b.c', expiresInDays: 1 });
  mesh.clock.ms = beginMs + 2 * dayMs;
  const revoked = await invite({ email: 'c@b.c' });
  await findCode(REVOKE, { id: revoked.invitation.id });
  const used = await invite();
  await accept(used);
  await invite({ email: 'd@b.c' });
  const list = async (filter: object = {}, caller = owner) =>
    (await askForData<Listed>(mesh.subgraph, caller, LIST, { filter })).invitations.edges.map(({ node }) => [
      node.email,
      node.status,
    ]);
  const own = { tenantId: acme.tenantId };
  expect(await list(own)).toEqual(await list());
  expect(await list({ status: 'EXPIRED' })).toEqual([['b@b.c', 'EXPIRED']]);
  expect(await list({ status: 'REVOKED' })).toEqual([['c@b.c', 'REVOKED']]);
  expect(await list({ status: 'ACCEPTED' })).toEqual([['Ada@Example.com', 'ACCEPTED']]);
  expect(await list({ status: 'PENDING' })).toEqual([['d@b.c', 'PENDING']]);
  expect(await list({ search: 'EXAMPLE' })).toEqual([['Ada@Example.com', 'ACCEPTED']]);
  expect(await list(own, mesh.admin)).toHaveLength(4);
  expect(await list({}, other.caller)).toEqual([]);
  expect(await list(own, other.caller)).toEqual([]);
  for (const query of [RESEND, REVOKE]) {
    const foreign = await ask(mesh.subgraph, other.caller, query, { id: revoked.invitation.id });
    expect(foreign.errors?.[0]?.code).toBe('NOT_FOUND');
  }
});

it('what was not offered here, or too long ago, is not accepted, and only the mesh itself accepts', async () => {
  const made = await invite();
  expect(await accept(made, person(), beginMs)).toBe('UNAUTHENTICATED');
  const secretHash = hashInvitationSecret(readSecret(made));
  const offer = { secretHash, person: person(), expiresAtMs: beginMs * 2 };
  for (const state of [
    JSON.stringify(offer),
    testSecrets.seal(JSON.stringify(offer), ['sign-in', 'state']),
  ]) {
    expect(await acceptSealed(state)).toBe('UNAUTHENTICATED');
  }
  const sealed = testSecrets.seal(JSON.stringify(offer), ['sign-in', 'invitation']);
  expect(await acceptSealed(sealed, mesh.admin)).toBe('FORBIDDEN');
  expect(await acceptSealed(sealed)).toMatchObject({ tenantId: acme.tenantId });
});

it('a member that was removed is not made again by what a killed process has left of its acceptance', async () => {
  const made = await invite();
  await accept(made);
  const [member] = await readMembers();
  const acceptance = { memberId: member?._id ?? '', issuerId: 'default', subject: 'ada', email: null };
  const { connection } = mesh.database;
  await invitations(connection).updateOne({ _id: made.invitation.id }, { $set: { acceptance } });
  await askForData(mesh.subgraph, owner, `mutation { removeMember(id: "${member?._id}") }`);
  expect(await settleAcceptances(mesh.deps)).toBe(0);
  expect(await readMembers()).toEqual([]);
});

it('a process that is killed while a person accepts leaves all of it or nothing', {
  timeout: 120_000,
}, async () => {
  let round = 0;
  const states = new Set<string>(['']);
  const { connection } = mesh.database;
  const repair = async () => {
    await settleAcceptances(mesh.deps);
    await settleDepartures(mesh.deps);
    await settleEvents(connection, new Date(Date.now() + 1_000), Date.now());
  };
  const prepare = async () => {
    acme = await mesh.addTenant(`Killed acceptances ${++round}`);
    owner = { ...acme.caller, scopes: builtInRoles.OWNER };
    const made = await invite();
    return () => accept(made);
  };
  for await (const { changes } of killedAtEveryWrite(connection, prepare, repair)) {
    states.add(changes);
    const [found] = await readMembers();
    const [record] = await invitations(connection).find({ tenantId: acme.tenantId }).lean();
    expect(record?.memberId ?? undefined).toBe(found?._id);
    expect(record?.acceptance).toBeUndefined();
  }
  expect(states.size, [...states].join('\n')).toBe(2);
});
