import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** What a gateway holds: the one key that signs identities, and the key that answers over plain HTTP are checked with. */
export interface GatewayKeys {
  readonly signingKey: KeyObject;
  /** Absent where certificates authenticate subgraphs. */
  readonly answerKey?: KeyObject | undefined;
}

/** What a subgraph holds: nothing that could sign an identity. */
export interface SubgraphKeys {
  /** A token is accepted when one of them verifies it: two while the gateways change their key. */
  readonly publicKeys: readonly KeyObject[];
  /** Absent where certificates authenticate subgraphs. */
  readonly answerKey?: KeyObject | undefined;
}

const keyBytes = 32;
const secretBytesMin = 32;
const publicKeysMax = 4;

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

function derive(secret: string, purpose: string): Buffer {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < secretBytesMin) {
    throw new RangeError(`The mesh secret has ${bytes.length} bytes; at least ${secretBytesMin} are needed.`);
  }
  return Buffer.from(hkdfSync('sha256', bytes, '', purpose, keyBytes));
}

/** The key that authenticates answers over plain HTTP, from HEDDLE_MESH_SECRET. */
export function deriveAnswerKey(secret: string): KeyObject {
  return createSecretKey(derive(secret, 'heddle mesh answers'));
}

/**
 * Every key of a mesh from HEDDLE_MESH_SECRET alone, as meshes without key pairs have it: each process that holds the
 * secret can sign.
 */
export function deriveMeshKeys(secret: string): GatewayKeys & SubgraphKeys {
  const signingKey = toSigningKey(derive(secret, 'heddle mesh identities'));
  return {
    signingKey,
    publicKeys: [createPublicKey(signingKey)],
    answerKey: deriveAnswerKey(secret),
  };
}

/** The public key that subgraphs verify with where HEDDLE_MESH_SECRET is all that is set. */
export function deriveMeshPublicKey(secret: string): string {
  return deriveMeshKeys(secret).publicKeys[0]?.export({ format: 'jwk' }).x ?? '';
}
