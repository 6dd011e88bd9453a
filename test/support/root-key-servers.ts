import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a server of root keys has received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A server on loopback that answers as the service does, or as `answer` states. */
export interface RootKeyServer extends AsyncDisposable {
  readonly url: string;
  readonly received: ReceivedRequest[];
  /** What it answers instead; `HANG`: nothing. */
  instead: Answer | 'HANG' | null;
}

async function serve(answer: (request: ReceivedRequest) => Answer): Promise<RootKeyServer> {
  const received: ReceivedRequest[] = [];
  const state: { instead: RootKeyServer['instead'] } = { instead: null };
  const respond = async (incoming: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    received.push(request);
    if (state.instead === 'HANG') return;
    const given = state.instead ?? answer(request);
    response.writeHead(given.status, { 'content-type': 'application/json' });
    response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
  };
  const server = createServer((incoming, response) => void respond(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    get instead() {
      return state.instead;
    },
    set instead(value) {
      state.instead = value;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function encrypt(key: Uint8Array, plaintext: Uint8Array, aad: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Undefined: altered, or of another key or context. */
function decrypt(key: Uint8Array, bytes: Buffer, aad: string): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAAD(Buffer.from(aad)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
  } catch {
    // Any error: a tag that does not fit, or too few bytes.
    return undefined;
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  /** In lower case; those that are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The signature of AWS' version 4, as its documentation defines it: independent of the package that signs. */
export function signV4(
  { method, path, headers, body }: SignedRequest,
  { secret, region, service }: { readonly secret: string; readonly region: string; readonly service: string },
): string {
  const names = Object.keys(headers).sort();
  const canonical = [
    ...[method, path, ''],
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    ...['', names.join(';'), sha256(body)],
  ].join('\n');
  const at = headers['x-amz-date'] ?? '';
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

/** As the reference of AWS KMS states its actions Encrypt and Decrypt, with their errors. */
export function serveKms(keys: ReadonlyMap<string, Uint8Array>, access: { id: string; secret: string }) {
  const fail = (type: string, status = 400) => ({
    status,
    body: { __type: type, message: `${access.secret} ${type}` },
  });
  const isSigned = ({ method, path, headers, body }: ReceivedRequest) => {
    const [, id, region = '', names = '', signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        headers.authorization ?? '',
      ) ?? [];
    const signed = Object.fromEntries(names.split(';').map((name) => [name, String(headers[name] ?? '')]));
    const isWhole = ['host', 'x-amz-date', 'x-amz-target'].every((name) => name in signed);
    return (
      isWhole &&
      id === access.id &&
      signature ===
        signV4({ method, path, headers: signed, body }, { secret: access.secret, region, service: 'kms' })
    );
  };
  return serve((request) => {
    if (!isSigned(request)) return fail('InvalidSignatureException');
    if (request.headers['content-type'] !== 'application/x-amz-json-1.1')
      return fail('UnknownOperationException', 404);
    const { KeyId, Plaintext, CiphertextBlob, EncryptionContext } = JSON.parse(request.body) as Record<
      string,
      string
    >;
    const key = keys.get(KeyId ?? '');
    if (key === undefined) return fail('NotFoundException');
    const aad = JSON.stringify(EncryptionContext);
    if (request.headers['x-amz-target'] === 'TrentService.Encrypt') {
      const blob = encrypt(key, Buffer.from(Plaintext ?? '', 'base64'), aad).toString('base64');
      return { status: 200, body: { CiphertextBlob: blob, KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
    }
    const opened = decrypt(key, Buffer.from(CiphertextBlob ?? '', 'base64'), aad);
    if (opened === undefined) return fail('com.amazonaws.kms#InvalidCiphertextException');
    return {
      status: 200,
      body: { Plaintext: opened.toString('base64'), KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    };
  });
}

/** As the HTTP API of Vault's transit engine states `encrypt` and `decrypt`, for keys of the mount `transit`. */
export function serveVault(keys: ReadonlyMap<string, Uint8Array>, token: { text: string }) {
  const fail = (status: number, text: string) => ({ status, body: { errors: [`${token.text} ${text}`] } });
  return serve(({ path, headers, body }) => {
    if (headers['x-vault-token'] !== token.text) return fail(403, 'permission denied');
    const [, action, name = ''] = /^\/v1\/transit\/(encrypt|decrypt)\/(.+)$/.exec(path) ?? [];
    const key = keys.get(name);
    if (action === undefined || key === undefined) return fail(400, 'encryption key not found');
    const {
      plaintext = '',
      ciphertext = '',
      associated_data: aad = '',
    } = JSON.parse(body) as Record<string, string>;
    if (action === 'encrypt') {
      const sealed = encrypt(key, Buffer.from(plaintext, 'base64'), aad).toString('base64');
      return { status: 200, body: { data: { ciphertext: `vault:v1:${sealed}`, key_version: 1 } } };
    }
    const opened = decrypt(key, Buffer.from(ciphertext.replace(/^vault:v1:/, ''), 'base64'), aad);
    if (opened === undefined) return fail(400, 'cipher: message authentication failed');
    return { status: 200, body: { data: { plaintext: opened.toString('base64') } } };
  });
}
