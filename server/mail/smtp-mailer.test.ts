import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCa } from '#cli/commands/create-ca.ts';
import { MailFailure, type MailMessage } from '#core/mail/mailer.ts';
import { type MailServer, mailUser, startMailServer } from '#test/support/mail-server.ts';
import { createTestAuthority } from '#test/support/processes/certificates.ts';
import { readEnvironment } from '../config.ts';
import { openMailer } from './open-mailer.ts';
import { parseSender } from './sender.ts';
import { createSmtpMailer } from './smtp-mailer.ts';

const stack = new AsyncDisposableStack();
let plain: MailServer;
let encrypted: MailServer;
/** STARTTLS with the same certificate. */
let upgraded: MailServer;
let ca: string;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-mail-'));
  stack.defer(() => rm(dir, { recursive: true }));
  await createCa([dir, '--only', 'tenants']);
  const read = (name: string) => readFile(join(dir, 'tenants', name), 'utf8');
  const [cert, key] = await Promise.all([read('cert.pem'), read('key.pem')]);
  ca = await read('ca.pem');
  plain = stack.use(await startMailServer({ disabledCommands: ['STARTTLS'] }));
  encrypted = stack.use(await startMailServer({ secure: true, cert, key }));
  upgraded = stack.use(await startMailServer({ cert, key }));
});
afterAll(() => stack.disposeAsync());

const credentials = `${encodeURIComponent(mailUser.user)}:${encodeURIComponent(mailUser.password)}@`;
const from = 'Heddle <heddle@example.com>';
const message: MailMessage = { to: 'ada@example.org', subject: 'Hello', text: 'Grüße\n\nAda\n', id: 'a.1' };
const send = (url: string, more: Partial<MailMessage> = {}, authorities?: string) => {
  const mailer = createSmtpMailer({
    url,
    from,
    ca: authorities === undefined ? undefined : () => authorities,
  });
  return mailer.send({ ...message, ...more }).finally(() => mailer[Symbol.dispose]());
};
async function fail(
  url: string,
  more: Partial<MailMessage> = {},
  authorities?: string,
): Promise<MailFailure> {
  const failure = await send(url, more, authorities).catch((error: unknown) => error);
  if (!(failure instanceof MailFailure)) throw new Error(`No failure: ${failure}`);
  return failure;
}

describe('a mail over SMTP', () => {
  it('arrives in plain text, from the sender, with an id that is the same when it is sent again', async () => {
    await send(`smtp://${credentials}127.0.0.1:${plain.port}`);
    await send(`smtp://${credentials}localhost:${plain.port}/`);
    expect(plain.mails).toHaveLength(2);
    for (const mail of plain.mails) {
      expect(mail).toMatchObject({
        ...{ from: 'heddle@example.com', to: ['ada@example.org'], text: 'Grüße\n\nAda\n' },
      });
      expect(Object.fromEntries(mail.headers)).toMatchObject({
        ...{ from: 'Heddle <heddle@example.com>', to: 'ada@example.org', subject: 'Hello' },
        ...{ 'message-id': '<a.1@example.com>', 'auto-submitted': 'auto-generated' },
        'content-type': 'text/plain; charset=utf-8',
      });
    }
  });

  it('is one mail with one header for each value, whatever others have written into them', async () => {
    plain.mails.length = 0;
    const subject = 'Hi\r\nBcc: eve@example.org\r\n\r\nBody\u2028of eve\0';
    await send(`smtp://127.0.0.1:${plain.port}`, { subject, text: 'a\r\n.\r\nMAIL FROM:<eve@example.org>' });
    await send(`smtp://127.0.0.1:${plain.port}`, { to: 'ada@example.org\r\nBcc: eve@example.org' }).catch(
      (error: unknown) => expect(error).toBeInstanceOf(MailFailure),
    );
    expect(plain.mails[0]?.headers.get('subject')).toBe('Hi Bcc: eve@example.org Body of eve');
    expect(plain.mails[0]?.text).toBe('a\n.\nMAIL FROM:<eve@example.org>\n');
    for (const { to, headers } of plain.mails) {
      expect(to).toHaveLength(1);
      expect(to).not.toContain('eve@example.org');
      expect(headers.has('bcc')).toBe(false);
    }
    await expect(send(`smtp://127.0.0.1:${plain.port}`, { id: 'a>\r\nBcc: b' })).rejects.toThrow(TypeError);
  });

  it('is sent over TLS to another machine, or not at all: neither password nor mail is sent in the clear', async () => {
    plain.mails.length = 0;
    // An address of this machine that is not its loopback address.
    const failure = await fail(`smtp://${credentials}0.0.0.0:${plain.port}`);
    expect(failure.message).toMatch(/^The mail server did not take the mail \(ETLS/);
    expect(plain.mails).toEqual([]);
  });

  it('is sent where an authority that is trusted states who the server is', async () => {
    const secure = `smtps://${credentials}localhost:${encrypted.port}`;
    expect((await fail(secure)).isPermanent).toBe(false);
    await send(secure, {}, ca);
    expect(encrypted.mails).toMatchObject([{ to: ['ada@example.org'], isEncrypted: true }]);
    // The certificate does not name this address.
    expect((await fail(`smtp://0.0.0.0:${upgraded.port}`, {}, ca)).message).not.toContain('reply');
    expect(upgraded.mails).toEqual([]);
    await send(`smtp://localhost:${upgraded.port}`);
    expect(upgraded.mails).toMatchObject([{ isEncrypted: false }]);
  });

  it('is sent where an authority is trusted that was added while the mailer was open', async () => {
    const authorities = [(await createTestAuthority()).ca];
    const url = `smtps://${credentials}localhost:${encrypted.port}`;
    using mailer = createSmtpMailer({ url, from, ca: () => authorities.join('') });
    await expect(mailer.send(message)).rejects.toThrow(MailFailure);
    authorities.push(ca);
    encrypted.mails.length = 0;
    await mailer.send(message);
    expect(encrypted.mails).toHaveLength(1);
  });

  it.each([
    [451, false],
    [550, true],
  ])('that is refused with %i is refused for good: %s', async (code, isPermanent) => {
    plain.refusal = code;
    const failure = await fail(`smtp://${credentials}127.0.0.1:${plain.port}`);
    plain.refusal = null;
    expect(failure.isPermanent).toBe(isPermanent);
    expect(failure.message).toBe(`The mail server did not take the mail (EMESSAGE, reply ${code}).`);
  });

  it('is tried again after a wrong password, and while the server is away; no failure shows the password', async () => {
    const wrong = await fail(`smtp://ada:wrong-password@127.0.0.1:${plain.port}`);
    expect([wrong.message, wrong.isPermanent]).toEqual([
      'The mail server did not take the mail (EAUTH, reply 535).',
      false,
    ]);
    const away = await startMailServer();
    await away[Symbol.asyncDispose]();
    const failure = await fail(`smtp://${credentials}127.0.0.1:${away.port}`);
    expect([failure.message, failure.isPermanent]).toEqual([
      'The mail server did not take the mail (ESOCKET).',
      false,
    ]);
  });
});

describe('the variables of mails', () => {
  const open = async (env: Record<string, string>) => {
    await using starting = new AsyncDisposableStack();
    return await openMailer(readEnvironment(env), undefined, starting);
  };
  const whole = {
    HEDDLE_SMTP_URL: 'smtps://heddle:secret%2Fsecret@mail.example.com',
    HEDDLE_MAIL_FROM: from,
    HEDDLE_PUBLIC_URL: 'https://heddle.example.com/',
  };

  it('make a mailer together, and none without HEDDLE_SMTP_URL', async () => {
    expect(await open(whole)).toBeDefined();
    expect(await open({ HEDDLE_MAIL_FROM: from })).toBeUndefined();
    expect(readEnvironment(whole).HEDDLE_PUBLIC_URL).toBe('https://heddle.example.com');
  });

  it.each([
    ['HEDDLE_MAIL_FROM', { HEDDLE_MAIL_FROM: '' }],
    ['HEDDLE_PUBLIC_URL', { HEDDLE_PUBLIC_URL: '' }],
    ['HEDDLE_MAIL_FROM', { HEDDLE_MAIL_FROM: 'a@b.c, d@e.f' }],
    ['HEDDLE_MAIL_FROM', { HEDDLE_MAIL_FROM: 'Heddle <a@b.c>\r\nBcc: d@e.f' }],
    ['HEDDLE_PUBLIC_URL', { HEDDLE_PUBLIC_URL: 'https://heddle.example.com/path' }],
    ['HEDDLE_PUBLIC_URL', { HEDDLE_PUBLIC_URL: 'javascript:alert(1)' }],
    ['HEDDLE_SMTP_URL', { HEDDLE_SMTP_URL: 'http://mail.example.com' }],
    ['HEDDLE_SMTP_URL', { HEDDLE_SMTP_URL: 'smtps://a:secret/word@mail.example.com' }],
    [
      'HEDDLE_SMTP_URL',
      { HEDDLE_SMTP_URL: 'smtps://a:secretword@mail.example.com?tls.rejectUnauthorized=false' },
    ],
  ])('stop the start where %s is missing or wrong, without a secret: %j', async (name, env) => {
    const error = await open({ ...whole, ...env }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(`${name}: `);
    expect(String(error)).not.toMatch(/secret.?word|secret%2F/);
  });

  it('name a sender alone or with an address', () => {
    expect(parseSender('heddle@example.com')).toEqual({ name: '', address: 'heddle@example.com' });
    expect(parseSender('Heddle Mesh <h@e.c>')).toEqual({ name: 'Heddle Mesh', address: 'h@e.c' });
    for (const text of ['', 'heddle', '<a@b>', 'a@b c@d', 'A, B <a@b>'])
      expect(parseSender(text)).toBeUndefined();
  });
});
