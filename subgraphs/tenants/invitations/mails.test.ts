import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { invitations } from '#mongo/invitations.ts';
import { tenants } from '#mongo/tenants.ts';
import { createSmtpMailer } from '#server/mail/smtp-mailer.ts';
import { type MailServer, mailUser, startMailServer } from '#test/support/mail-server.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { findOpenInvitation } from './accept-invitation.ts';
import { hashInvitationSecret } from './invitation-link.ts';
import { sendDueInvitations } from './send-invitations.ts';

const stack = new AsyncDisposableStack();
const beginMs = Date.parse('2026-05-01T12:00:00Z');
const minuteMs = 60_000;
let server: MailServer;
let mailer: ReturnType<typeof createSmtpMailer>;
let mesh: TestTenants;
let owner: Caller;
let tenantId: string;
let count = 0;

beforeAll(async () => {
  server = stack.use(await startMailServer());
  const { user, password } = mailUser;
  const url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
  mailer = stack.use(createSmtpMailer({ url, from: 'heddle@example.com' }));
  mesh = stack.use(await startTenants(undefined, { mailer, publicUrl: 'https://heddle.example' }));
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  mesh.clock.ms = beginMs;
  server.refusal = null;
  server.mails.length = 0;
  await invitations(mesh.database.connection).deleteMany({});
  const acme = await mesh.addTenant(`Mails ${++count}`, ['tenants:write']);
  tenantId = acme.tenantId;
  // Names of older versions may have line breaks.
  await tenants(mesh.database.connection).updateOne(
    { _id: tenantId },
    { $set: { name: `Mails ${count}\n<b>` } },
  );
  owner = { ...acme.caller, scopes: builtInRoles.OWNER };
});

const FIELDS = 'invitation { id status mail mailSentAt mailError } link';
const INVITE = `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { ${FIELDS} } }`;
interface Invited {
  readonly invitation: { readonly id: string; readonly [field: string]: unknown };
  readonly link: string;
}
const invite = async (input: object = {}) =>
  (
    await askForData<{ inviteMember: Invited }>(mesh.subgraph, owner, INVITE, {
      input: { email: 'ada@example.com', role: 'ADMIN', ...input },
    })
  ).inviteMember;
/** As the sweep, at this time; what the mutations have woken is awaited before. */
const sendDue = (atMs = mesh.clock.ms) => {
  mesh.clock.ms = atMs;
  return sendDueInvitations(mailer, mesh.deps);
};
const readOne = async () =>
  (
    await askForData<{ invitations: { edges: { node: Invited['invitation'] }[] } }>(
      mesh.subgraph,
      owner,
      '{ invitations { edges { node { id status mail mailSentAt mailError } } } }',
    )
  ).invitations.edges[0]?.node;
const readRecord = () => invitations(mesh.database.connection).findOne({ tenantId }).lean();
const readLinks = () =>
  server.mails.map(({ text }) => /https:\/\/\S+/.exec(text)?.[0] ?? '').map((link) => new URL(link));
const isOpen = async (link: URL | string) => {
  const token = new URL(link).searchParams.get('token') ?? '';
  return (await findOpenInvitation(hashInvitationSecret(token), mesh.deps)) !== null;
};
/** What the sweep of this process has woken for is over. */
async function settle(): Promise<void> {
  while ((await readRecord())?.mailAttempts === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('the mail of an invitation', () => {
  it('takes a link of its own to the person at once, while the other link stays valid too', async () => {
    const made = await invite({ message: 'Welcome.\n.\r\nBcc: eve@example.com' });
    expect(made.invitation).toMatchObject({ mail: 'PENDING', mailSentAt: null, mailError: null });
    await server.waitFor(1);
    const [mail] = server.mails;
    expect(mail?.to).toEqual(['ada@example.com']);
    expect(mail?.headers.get('subject')).toBe(`Invitation to Mails ${count} <b>`);
    expect(mail?.text).toContain('with the role ADMIN');
    expect(mail?.text).toContain('> Welcome.\n> .\n> Bcc: eve@example.com\n');
    expect(mail?.text).toContain('until 2026-05-08 12:00 UTC');
    const [link] = readLinks();
    expect(link?.origin).toBe('https://heddle.example');
    expect(link?.href).not.toBe(made.link);
    expect(await Promise.all([link ?? '', made.link].map(isOpen))).toEqual([true, true]);
    await expect.poll(readOne).toMatchObject({ mail: 'SENT', mailSentAt: new Date(beginMs).toISOString() });
    expect(await sendDue(beginMs + 60 * minuteMs)).toBe(0);
  });

  it('is not sent where it is not wanted', async () => {
    const made = await invite({ sendMail: false });
    expect(made.invitation).toMatchObject({ mail: 'NONE' });
    const query = `mutation ($id: ID!) { resendInvitation(id: $id, sendMail: false) { ${FIELDS} } }`;
    await askForData(mesh.subgraph, owner, query, { id: made.invitation.id });
    expect(await sendDue(beginMs + 60 * minuteMs)).toBe(0);
    expect(server.mails).toEqual([]);
  });

  it('is tried again, later each time, while the server refuses it or is away, and the mutation succeeds', async () => {
    server.refusal = 451;
    await invite();
    await settle();
    await expect.poll(readOne).toMatchObject({
      mail: 'PENDING',
      mailError: 'The mail server did not take the mail (EMESSAGE, reply 451).',
    });
    // Not before a minute, then not before two more.
    expect([await sendDue(beginMs + minuteMs - 1), server.connections]).toEqual([0, server.connections]);
    await sendDue(beginMs + minuteMs);
    expect((await readRecord())?.mailAttempts).toBe(2);
    await sendDue(beginMs + 3 * minuteMs - 1);
    expect((await readRecord())?.mailAttempts).toBe(2);
    server.refusal = null;
    expect(await sendDue(beginMs + 3 * minuteMs)).toBe(1);
    expect(await readOne()).toMatchObject({ mail: 'SENT', mailError: null });
    const [link] = readLinks();
    expect(await isOpen(link ?? '')).toBe(true);
  });

  it('fails after a refusal for good, or after two days; sent again it is due anew', async () => {
    server.refusal = 550;
    const made = await invite();
    await settle();
    await expect.poll(readOne).toMatchObject({ mail: 'FAILED', mailError: expect.stringContaining('550') });
    expect(await sendDue(beginMs + 24 * 60 * minuteMs)).toBe(0);
    server.refusal = 421;
    const RESEND = `mutation ($id: ID!) { resendInvitation(id: $id) { ${FIELDS} } }`;
    const again = await askForData<{ resendInvitation: Invited }>(mesh.subgraph, owner, RESEND, {
      id: made.invitation.id,
    });
    expect(again.resendInvitation.invitation).toMatchObject({ mail: 'PENDING', mailError: null });
    await settle();
    await expect.poll(async () => (await readRecord())?.mailError).toContain('421');
    let hours = 24;
    for (; hours < 24 * 6 && (await readOne())?.mail === 'PENDING'; hours += 1)
      await sendDue(beginMs + hours * 60 * minuteMs);
    expect(await readOne()).toMatchObject({ mail: 'FAILED' });
    const { mailAttempts, secretHashes = [] } = (await readRecord()) ?? {};
    expect([mailAttempts, secretHashes.length, hours > 24 + 36]).toEqual([16, 17, true]);
  });

  it('is sent by another process where one was killed on it, and once by all of them together', async () => {
    server.refusal = 451;
    await invite();
    await settle();
    await expect.poll(readOne).toMatchObject({ mailError: expect.any(String) });
    server.refusal = null;
    const records = invitations(mesh.database.connection);
    // Claimed, and never heard of again.
    await records.updateOne({ tenantId }, { $set: { mailDueAt: new Date(beginMs + 5 * minuteMs) } });
    mesh.clock.ms = beginMs + 5 * minuteMs;
    const sent = await Promise.all([1, 2, 3].map(() => sendDueInvitations(mailer, mesh.deps)));
    expect(sent.toSorted()).toEqual([0, 0, 1]);
    expect(server.mails).toHaveLength(1);
  });

  it('is not sent any more once the invitation was revoked, or its tenant is archived', async () => {
    server.refusal = 451;
    const made = await invite();
    await settle();
    await expect.poll(readOne).toMatchObject({ mailError: expect.any(String) });
    server.refusal = null;
    await askForData(mesh.subgraph, mesh.admin, `mutation { archiveTenant(id: "${tenantId}") }`);
    expect(await sendDue(beginMs + 60 * minuteMs)).toBe(0);
    expect((await readRecord())?.mailDueAt).toBeUndefined();
    await askForData(mesh.subgraph, mesh.admin, `mutation { restoreTenant(id: "${tenantId}") { id } }`);
    await invitations(mesh.database.connection).updateOne(
      { tenantId },
      { $set: { mailDueAt: new Date(beginMs) } },
    );
    const revoke = await ask(
      mesh.subgraph,
      owner,
      'mutation ($id: ID!) { revokeInvitation(id: $id) { mail } }',
      {
        id: made.invitation.id,
      },
    );
    expect(revoke.data).toEqual({ revokeInvitation: { mail: 'FAILED' } });
    expect(await sendDue(beginMs + 120 * minuteMs)).toBe(0);
    expect(server.mails).toEqual([]);
  });
});
