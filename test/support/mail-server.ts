import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail that the server took. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** By the name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly isEncrypted: boolean;
}

/** A server of SMTP that was written elsewhere, on a free port of this machine. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: TakenMail[];
  /** The reply to each mail, such as 451; null: mails are taken. */
  refusal: number | null;
  /** Connections that were made. */
  connections: number;
  /** Resolves when there are so many mails. */
  waitFor(count: number): Promise<void>;
}

export const mailUser = { user: 'heddle@example.com', password: 'p@ss:word/1234' };

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    allowInsecureAuth: true,
    ...options,
    onConnect(_session, callback) {
      mailServer.connections += 1;
      callback();
    },
    onAuth({ username, password }, _session, callback) {
      const isKnown = username === mailUser.user && password === mailUser.password;
      if (isKnown) callback(null, { user: username ?? '' });
      else callback(new Error('The password is wrong.'));
    },
    onData(stream, { envelope, secure }, callback) {
      void text(stream).then((raw) => {
        if (mailServer.refusal !== null) {
          return callback(
            Object.assign(new Error('No room for you@example.com'), { responseCode: mailServer.refusal }),
          );
        }
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mailServer.mails.push({ from, to, ...parseMail(raw), isEncrypted: secure });
        callback();
        for (const check of waiting) check();
      });
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '0.0.0.0');
  await once(listening, 'listening');
  const mailServer: MailServer = {
    port: (listening.address() as AddressInfo).port,
    mails: [],
    refusal: null,
    connections: 0,
    waitFor: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (mailServer.mails.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  };
  return mailServer;
}

function parseMail(raw: string): Pick<TakenMail, 'headers' | 'text'> {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]/g, ' ').split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  const body = rest.join('\r\n\r\n');
  const encoding = headers.get('content-transfer-encoding');
  return { headers, text: decodeBody(body, encoding).replaceAll('\r\n', '\n') };
}

function decodeBody(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
