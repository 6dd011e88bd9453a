import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import { type MailServer, mailUser, startMailServer } from '#test/support/mail-server.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { chromiumPath, startBrowser } from '#test/support/processes/browser.ts';
import {
  type IdentityProvider,
  oidcClient,
  startIdentityProvider,
  TestBrowser,
} from '#test/support/processes/identity-provider.ts';

/** Where a proxy would stand; the test opens the links at the mesh itself. */
const publicUrl = 'https://heddle.example';
const stack = new AsyncDisposableStack();
let provider: IdentityProvider;
let mails: MailServer;
let mesh: TestMesh;
let callback: string;
let tenantId: string;

beforeAll(async () => {
  provider = stack.use(await startIdentityProvider());
  mails = stack.use(await startMailServer());
  mesh = stack.use(
    await startOneProcess({
      HEDDLE_OIDC_ISSUER: provider.issuer,
      HEDDLE_OIDC_AUDIENCE: oidcClient.id,
      HEDDLE_OIDC_CLIENT_ID: oidcClient.id,
      HEDDLE_OIDC_CLIENT_SECRET: oidcClient.secret,
      HEDDLE_REFUSALS_PER_SECOND: '1000',
      HEDDLE_PUBLIC_URL: publicUrl,
      HEDDLE_SMTP_URL: `smtp://${encodeURIComponent(mailUser.user)}:${encodeURIComponent(mailUser.password)}@127.0.0.1:${mails.port}`,
      HEDDLE_MAIL_FROM: 'Heddle <heddle@example.com>',
      HEDDLE_ACCESS_LOG: 'on',
      LOG_LEVEL: 'info',
    }),
  );
  callback = `${mesh.url}/auth/callback`;
  provider.open(callback, (subject) => ({
    email: `${subject}@example.com`,
    email_verified: subject !== 'unverified',
    ...(subject === 'elsewhere' ? { heddle_tenant: 'default', heddle_role: 'VIEWER' } : {}),
  }));
  tenantId = (await newTenant(() => mesh)).tenantId;
});
afterAll(() => stack.disposeAsync());

const run = <T>(query: string, variables: object = {}) =>
  createTestClient(mesh.url, mesh.adminKey).data<T>(query, { ...variables });

/** The same link at the mesh itself. */
function toMesh(link: string): string {
  expect(link).toMatch(/^https:\/\/heddle\.example\/auth\/invitation\?token=[\w-]{43}$/);
  return link.replace(publicUrl, mesh.url);
}

async function invite(name: string, input: object = {}) {
  const { inviteMember } = await run<{ inviteMember: { link: string; invitation: { id: string } } }>(
    'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { link invitation { id } } }',
    { input: { tenantId, email: `${name}@example.com`, role: 'DEVELOPER', sendMail: false, ...input } },
  );
  return { id: inviteMember.invitation.id, link: toMesh(inviteMember.link) };
}

/** Opens the link, signs in, and comes back: the answer has the page that accepts. */
async function open(link: string, subject: string) {
  const browser = new TestBrowser();
  const answer = await browser.request(await browser.signInAs(subject, link, callback));
  const page = await answer.text();
  const [, csrf = ''] = /data-csrf="([^"]+)"/.exec(page) ?? [];
  return { browser, status: answer.status, headers: answer.headers, page, csrf };
}

const accept = (browser: TestBrowser, csrf: string, headers: Record<string, string> = {}) =>
  browser.request(`${mesh.url}/auth/invitation`, {
    method: 'POST',
    headers: { accept: 'application/json', 'x-heddle-csrf': csrf, ...headers },
  });

const listSubjects = async () =>
  (
    await run<{ members: { edges: { node: { subject: string } }[] } }>(
      'query ($id: ID) { members(filter: { tenantId: $id }) { edges { node { subject } } } }',
      { id: tenantId },
    )
  ).members.edges.map(({ node }) => node.subject);

async function readSession(browser: TestBrowser): Promise<unknown> {
  const answer = await browser.request(`${mesh.url}/auth/session`, {
    headers: { accept: 'application/json' },
  });
  return answer.json();
}

describe('the link of an invitation', () => {
  it('leads through sign-in to a page that accepts, and then into the tenant', async () => {
    const { link } = await invite('ada');
    const { browser, status, headers, page, csrf } = await open(link, 'ada');
    expect(status).toBe(200);
    expect(page).toContain('ada@example.com');
    expect(page).toContain('DEVELOPER');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    // Neither the link nor the sign-in has accepted it.
    expect(await listSubjects()).toEqual([]);
    expect(await readSession(browser)).toEqual({ signedIn: false });
    const accepted = await accept(browser, csrf);
    expect(await accepted.json()).toEqual({ next: `/auth/login?tenant=${tenantId}&issuer=default` });
    expect(await listSubjects()).toEqual(['ada']);
    await browser.request(
      await browser.signInAs('ada', `${mesh.url}/auth/login?tenant=${tenantId}`, callback),
    );
    expect(await readSession(browser)).toMatchObject({
      signedIn: true,
      caller: { tenantId, role: 'DEVELOPER', subject: 'ada' },
    });
    expect((await accept(browser, csrf)).status).toBe(401);
  });

  it('leads a person of another tenant into this one, and leaves it in the other', async () => {
    const { link } = await invite('elsewhere', { role: 'AUDITOR' });
    const { browser, csrf } = await open(link, 'elsewhere');
    const { next } = (await (await accept(browser, csrf)).json()) as { next: string };
    await browser.request(await browser.signInAs('elsewhere', mesh.url + next, callback));
    expect(await readSession(browser)).toMatchObject({ caller: { tenantId, role: 'AUDITOR' } });
    const other = new TestBrowser();
    await other.request(await other.signInAs('elsewhere', `${mesh.url}/auth/login`, callback));
    expect(await readSession(other)).toMatchObject({ caller: { tenantId: 'default', role: 'VIEWER' } });
    const third = await other.request(
      await other.signInAs('elsewhere', `${mesh.url}/auth/login?tenant=nothing`, callback),
    );
    expect(third.status).toBe(401);
  });

  it('answers the same page where it was used or revoked, or never was', async () => {
    const [used, revoked] = [await invite('used'), await invite('revoked')];
    const { browser, csrf } = await open(used.link, 'used');
    await accept(browser, csrf);
    await run('mutation ($id: ID!) { revokeInvitation(id: $id) { id } }', { id: revoked.id });
    const never = `${mesh.url}/auth/invitation?token=`;
    const pages = await Promise.all(
      [used.link, revoked.link, never, `${never}${'x'.repeat(43)}`, `${never}${'x'.repeat(1_000)}`].map(
        async (link) => {
          const answer = await new TestBrowser().request(link);
          return `${answer.status} ${await answer.text()}`;
        },
      ),
    );
    expect(new Set(pages).size).toBe(1);
    expect(pages[0]).toMatch(/^404 .*This invitation cannot be used/s);
  });

  it('is of no use after a revocation between the sign-in and the button', async () => {
    const { id, link } = await invite('late');
    const { browser, csrf } = await open(link, 'late');
    await run('mutation ($id: ID!) { revokeInvitation(id: $id) { id } }', { id });
    const answer = await accept(browser, csrf);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('cannot be used')]);
    expect(await listSubjects()).not.toContain('late');
  });

  it.each([
    ['another address', 'stranger', 'another email address'],
    ['an address that is not verified', 'unverified', 'not verified'],
  ])('is refused to a person with %s, who is shown why', async (_what, subject, why) => {
    const { link } = await invite(subject === 'stranger' ? 'invited' : subject);
    const { status, page } = await open(link, subject);
    expect([status, page]).toEqual([403, expect.stringContaining(why)]);
  });

  it('is accepted by a page of this origin alone, with its CSRF token, in the browser that signed in', async () => {
    const { link } = await invite('careful');
    const { browser, csrf } = await open(link, 'careful');
    expect((await accept(browser, 'x'.repeat(43))).status).toBe(403);
    expect((await accept(browser, csrf, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await accept(browser, csrf, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await accept(new TestBrowser(), csrf)).status).toBe(401);
    const forged = new TestBrowser();
    forged.setCookie(mesh.url, 'heddle_invitation', 'v2.forged');
    expect((await accept(forged, csrf)).status).toBe(403);
    expect(await listSubjects()).not.toContain('careful');
    expect((await accept(browser, csrf)).status).toBe(200);
  });

  it('shows what people have written as text', async () => {
    const name = '<img src=x onerror=alert(1)>"\'&';
    const made = await run<{ createTenant: { id: string } }>(
      'mutation ($name: String!) { createTenant(input: { name: $name }) { id } }',
      { name },
    );
    const { link } = await invite('reader', { tenantId: made.createTenant.id });
    const { page } = await open(link, 'reader');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;');
  });

  it('arrives by mail too', async () => {
    await invite('mailed', { sendMail: true, message: 'Hello Ada' });
    await mails.waitFor(1);
    const [mail] = mails.mails;
    expect(mail).toMatchObject({
      to: ['mailed@example.com'],
      text: expect.stringContaining('> Hello Ada\n'),
    });
    const [link = ''] = /https:\S+/.exec(mail?.text ?? '') ?? [];
    const { browser, csrf } = await open(toMesh(link), 'mailed');
    expect((await accept(browser, csrf)).status).toBe(200);
    const output = mesh.processes.map((process) => process.output()).join('\n');
    expect(output).not.toContain(mailUser.password);
    expect(output).not.toContain(new URL(link).searchParams.get('token'));
  });

  // A busy machine takes long to start a browser.
  it.runIf(chromiumPath !== undefined)(
    'is accepted in a browser by its button',
    { timeout: 90_000 },
    async () => {
      const { link } = await invite('browser', { role: 'ADMIN' });
      await using closing = new AsyncDisposableStack();
      const browser = await startBrowser(chromiumPath ?? '');
      closing.defer(() => browser.close());
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('console', (line) => {
        if (line.type() === 'error') problems.push(line.text());
      });
      await page.goto(link);
      await page.fill('input[name="login"]', 'browser');
      await page.fill('input[name="password"]', 'any');
      await page.click('button[type="submit"]');
      await page.click('button[type="submit"]');
      await page.getByText('browser@example.com').waitFor();
      expect(await listSubjects()).not.toContain('browser');
      problems.length = 0;
      await page.click('#accept');
      await page.waitForURL(`${mesh.url}/graphql`);
      expect(problems).toEqual([]);
      expect(await listSubjects()).toContain('browser');
      const session = await page.evaluate(async () => (await fetch('/auth/session')).json());
      expect(session).toMatchObject({ caller: { tenantId, role: 'ADMIN', subject: 'browser' } });
    },
  );

  it('stands in no log, and not in the audit log', async () => {
    const { link } = await invite('logged');
    const { browser, csrf } = await open(link, 'logged');
    await accept(browser, csrf);
    const token = new URL(link).searchParams.get('token') ?? '-';
    const query = '{ auditLog(first: 100) { edges { node { action before after arguments } } } }';
    const audit = JSON.stringify(await run(query));
    expect(audit).toContain('invitation.accept');
    const output = mesh.processes.map((process) => process.output()).join('\n');
    expect(output).toContain('/auth/invitation');
    expect(audit + output).not.toContain(token);
  });
});
