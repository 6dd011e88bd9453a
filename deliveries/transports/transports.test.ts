import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEgress } from '#core/egress.ts';
import type { WebhookFormat } from '#core/graph-enums.generated.ts';
import { toPlainJson } from '#core/text/control-characters.ts';
import type { DeliveredEvent } from '#mongo/webhook-deliveries.ts';
import { sealWebhookTarget } from '#mongo/webhook-target.ts';
import { longAgo, type WebhookRecord } from '#mongo/webhooks.ts';
import { createSmtpMailer } from '#server/mail/smtp-mailer.ts';
import { startMailServer } from '#test/support/mail-server.ts';
import { createTestAuthority } from '#test/support/processes/certificates.ts';
import { testSecrets } from '#test/support/seal.ts';
import { createSendEvent, type SendEventServices } from '../send-event.ts';
import { parseRetryAfter } from './https.ts';

let opened: AsyncDisposableStack;
beforeEach(() => {
  opened = new AsyncDisposableStack();
});
afterEach(() => opened.disposeAsync());

const happened: DeliveredEvent = {
  ...{ id: 'e1', type: 'guardrail.blocked', at: new Date('2026-03-04T05:06:07.089Z'), tenantId: 'acme' },
  ...{ subject: 'p\n<0>1 forged', data: { rule: 'secrets', note: 'é\u001b[31m' } },
};

async function send(
  url: string,
  format: WebhookFormat,
  { event = happened, ...more }: Partial<SendEventServices> & { readonly event?: DeliveredEvent } = {},
) {
  const services = { secrets: testSecrets, egress: createEgress('127.0.0.1,localhost'), mailer: undefined };
  const sending = opened.use(createSendEvent({ ...services, now: Date.now, ...more }));
  const place = { _id: 'acme:hook', tenantId: 'acme', format };
  const sealed = await sealWebhookTarget({ url, secret: null, formerSecret: null }, place, testSecrets);
  const webhook: WebhookRecord = {
    ...{ ...place, sealed, types: ['*'], enabled: true, address: '', hint: null, formerSecretUntil: null },
    ...{ position: 0, dueAt: longAgo, restUntil: longAgo, holder: null, leasedUntil: longAgo, failures: 0 },
    ...{ failingSince: null, reportedAt: null, deliveredAt: null, disabledReason: null },
    ...{ createdAt: longAgo, updatedAt: longAgo },
  };
  return sending.send(webhook, { _id: 'msg_1', event }, new AbortController().signal);
}

/** A receiver of syslog over TLS, with what each connection has sent. */
async function startSyslog() {
  const authority = await createTestAuthority();
  const { cert, key } = await authority.issue();
  const messages: Promise<string>[] = [];
  const server = createServer({ cert, key }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    messages.push(once(socket, 'end').then(() => Buffer.concat(chunks).toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => void server.close());
  return { port: (server.address() as AddressInfo).port, ca: authority.ca, messages };
}

describe('syslog over TLS', () => {
  it.each(['OCSF', 'CEF'] as const)(
    'carries %s as one message of RFC 5424 in a frame that states its bytes',
    async (format) => {
      const { port, ca, messages } = await startSyslog();
      expect(await send(`syslog+tls://localhost:${port}`, format, { ca })).toMatchObject({
        outcome: 'DELIVERED',
      });
      const text = (await messages[0]) ?? '';
      const [, length, message = ''] = /^(\d+) (.*)$/su.exec(text) ?? [];
      expect(Buffer.byteLength(message)).toBe(Number(length));
      // Log audit (13), warning (4).
      expect(message).toMatch(/^<108>1 2026-03-04T05:06:07\.089Z - heddle - guardrail\.blocked - /);
      for (const control of ['\n', '\r', '\u001b']) expect(message).not.toContain(control);
      const body = message.split(' ').slice(7).join(' ');
      if (format === 'CEF') expect(body).toMatch(/^CEF:0\|/);
      else expect(JSON.parse(body)).toMatchObject({ class_uid: 2004, unmapped: happened.data });
    },
  );

  it('is not sent to a server whose certificate no trusted authority has issued', async () => {
    const { port, messages } = await startSyslog();
    expect(await send(`syslog+tls://localhost:${port}`, 'CEF')).toMatchObject({
      outcome: 'UNAVAILABLE',
      error: expect.stringMatching(/^The connection failed \([A-Z_]+\)\.$/),
    });
    expect(messages).toEqual([]);
  });

  it('has failed where the connection ends before TLS is agreed on, or is refused', async () => {
    const ending = createTcpServer((socket) => void socket.destroy()).listen(0, '127.0.0.1');
    await once(ending, 'listening');
    opened.defer(() => void ending.close());
    const { port } = ending.address() as AddressInfo;
    const ended = await send(`syslog+tls://127.0.0.1:${port}`, 'CEF');
    expect(ended).toMatchObject({ outcome: 'UNAVAILABLE', error: 'The connection failed (ECONNRESET).' });
    const closed = createTcpServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port: free } = closed.address() as AddressInfo;
    closed.close();
    expect(await send(`syslog+tls://127.0.0.1:${free}`, 'CEF')).toMatchObject({
      error: 'The connection failed (ECONNREFUSED).',
    });
  });

  it('of a tenant does not go into the network of the operator', async () => {
    const { port, ca, messages } = await startSyslog();
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
      const outcome = await send(`syslog+tls://${host}:${port}`, 'CEF', { ca, egress: createEgress() });
      expect(outcome).toMatchObject({ outcome: 'UNAVAILABLE', error: 'The address may not be called.' });
    }
    expect(messages).toEqual([]);
  });
});

describe('mails', () => {
  it('carry an event to one address, with the id of the delivery and no line that a text has made', async () => {
    const server = opened.use(await startMailServer());
    const mailer = opened.use(
      createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'heddle@example.com' }),
    );
    const sent = await send('mailto:oncall@example.com', 'EMAIL', { mailer });
    expect(sent).toMatchObject({ outcome: 'DELIVERED', status: null });
    const [mail] = server.mails;
    expect(mail?.to).toEqual(['oncall@example.com']);
    expect(mail?.headers.get('subject')).toContain('guardrail.blocked');
    expect(mail?.headers.get('message-id')).toBe('<msg-1@example.com>');
    expect(mail?.headers.has('bcc')).toBe(false);
    expect(mail?.text).not.toContain('\u001b');
  });

  it.each([
    [451, 'UNAVAILABLE'],
    [550, 'REFUSED'],
  ])('that the server refuses with %i are %s', async (refusal, outcome) => {
    const server = opened.use(await startMailServer());
    server.refusal = refusal;
    const mailer = opened.use(
      createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'heddle@example.com' }),
    );
    expect(await send('mailto:oncall@example.com', 'EMAIL', { mailer })).toMatchObject({ outcome });
  });

  it('are not sent where the mesh sends none', async () => {
    expect(await send('mailto:oncall@example.com', 'EMAIL')).toMatchObject({
      error: 'This mesh sends no mail.',
    });
  });
});

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['-5', null],
    ['999999999', 21_600_000],
    ['soon', null],
    [null, null],
  ])('%s is %s ms', (text, ms) => {
    expect(parseRetryAfter(text, 10_000)).toBe(ms);
  });
});

describe('JSON of one line', () => {
  it('is the same value when it is read, whatever characters it has', () => {
    for (let code = 0; code <= 0xffff; code += 1) {
      const text = `a${String.fromCharCode(code)}b`;
      if (JSON.parse(toPlainJson(text)) !== text) expect.fail(`U+${code.toString(16)} is another one`);
    }
  });
});
