import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** What a gateway holds: the one key that signs identities, and the keys that answers over plain HTTP are checked with. */
export interface GatewayKeys {
  readonly signingKey: KeyObject;
  /** An answer is accepted when one of them fits: two while the secret changes. Absent where certificates authenticate subgraphs. */
  readonly answerKeys?: readonly KeyObject[] | undefined;
}

/** What a subgraph holds: nothing that could sign an identity. */
export interface SubgraphKeys {
  /** A token is accepted when one of them verifies it: two while the gateways change their key. */
  readonly publicKeys: readonly KeyObject[];
  /** Authenticates answers over plain HTTP. Absent where certificates authenticate subgraphs. */
  readonly answerKey?: KeyObject | undefined;
}

const keyBytes = 32;
const secretBytesMin = 32;
const publicKeysMax = 4;
const secretsMax = 2;

/** What an operator does whose secret has a comma: versions before took it as one. */
const writeComma = 'write a comma that is part of a secret as \\,';

/** A raw Ed25519 key as text: 32 bytes in base64url. */
const keyText = /^[A-Za-z0-9_-]{43}$/;

function readKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (!keyText.test(text) || bytes.length !== keyBytes) {
    throw new RangeError('must be an Ed25519 key that "npm start -- mesh-key" has made (43 characters)');
  }
  return bytes;
}

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

const toSigningKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });

/** Reads the private key of HEDDLE_MESH_KEY. Throws RangeError. */
export function readSigningKey(text: string): KeyObject {
  return toSigningKey(readKey(text));
}

/** Reads the public keys of HEDDLE_MESH_PUBLIC_KEYS, separated by commas. Throws RangeError. */
export function readPublicKeys(text: string): readonly KeyObject[] {
  const texts = text.split(',').map((key) => key.trim());
  if (texts.length > publicKeysMax) throw new RangeError(`must be ${publicKeysMax} keys or fewer`);
  return texts.map((key) =>
    createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: readKey(key).toString('base64url') },
      format: 'jwk',
    }),
  );
}

/** A new pair, as the texts that `readSigningKey` and `readPublicKeys` read. */
export function createMeshKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { privateKey: d, publicKey: x };
}

/**
 * Reads the secrets of HEDDLE_MESH_SECRET: one, or two separated by a comma while the secret changes. The first one signs,
 * each of them verifies. A comma within a secret is written `\,`. Throws RangeError.
 */
export function readMeshSecrets(text: string): readonly [string, ...string[]] {
  const [first = '', ...others] = text
    .split(/(?<!\\),/)
    .map((secret) => secret.replaceAll('\\,', ',').trim());
  const secrets = [first, ...others] as const;
  if (secrets.length > secretsMax) {
    throw new RangeError(`must be one secret, or ${secretsMax} separated by a comma; ${writeComma}`);
  }
  if (secrets.some((secret) => Buffer.byteLength(secret) < secretBytesMin)) {
    throw new RangeError(
      `must have ${secretBytesMin} characters or more in each secret (a comma separates two; ${writeComma})`,
    );
  }
  return secrets;
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'utf8'), '', purpose, keyBytes));
}

const deriveSigningKey = (secret: string) => toSigningKey(derive(secret, 'heddle mesh identities'));

/** The keys that answers over plain HTTP are authenticated and checked with, from HEDDLE_MESH_SECRET. Throws RangeError. */
export function deriveAnswerKeys(text: string): readonly [KeyObject, ...KeyObject[]] {
  const toKey = (secret: string) => createSecretKey(derive(secret, 'heddle mesh answers'));
  const [first, ...others] = readMeshSecrets(text);
  return [toKey(first), ...others.map(toKey)];
}

/**
 * Every key of a mesh from HEDDLE_MESH_SECRET alone, as meshes without key pairs have it: each process that holds the
 * secret can sign. Throws RangeError.
 */
export function deriveMeshKeys(text: string): GatewayKeys & SubgraphKeys {
  const [first, ...others] = readMeshSecrets(text);
  const signingKey = deriveSigningKey(first);
  const answerKeys = deriveAnswerKeys(text);
  return {
    signingKey,
    publicKeys: [signingKey, ...others.map(deriveSigningKey)].map((key) => createPublicKey(key)),
    answerKey: answerKeys[0],
    answerKeys,
  };
}

/** The public keys that subgraphs verify with where HEDDLE_MESH_SECRET is all that is set. Throws RangeError. */
export function deriveMeshPublicKeys(text: string): readonly string[] {
  return deriveMeshKeys(text).publicKeys.map((key) => key.export({ format: 'jwk' }).x ?? '');
}
