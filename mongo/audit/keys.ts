import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import type { Connection } from 'mongoose';
import { expectError } from '#core/expect-error.ts';
import { isDuplicateKey } from '#core/input.ts';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { CannotOpen } from '#core/secrets/secret-box.ts';
import { defineCollection } from '../collection.ts';

/** A key pair (Ed25519) that signs anchors and checkpoints of the audit log. */
interface AuditKeyRecord {
  /** `current`; of a former key its id. */
  readonly _id: string;
  readonly keyId: string;
  /** SPKI in base64url. */
  readonly publicKey: string;
  /** The private key, sealed; null: a former key. */
  readonly sealed: string | null;
  readonly at: Date;
}

const text = { type: String, required: true };

const auditKeys = defineCollection<AuditKeyRecord>('audit_keys', {
  _id: text,
  keyId: text,
  publicKey: text,
  sealed: { type: String, default: null },
  at: { type: Date, required: true },
});

/** A text with the signature of a known key. */
export interface Signature {
  readonly keyId: string;
  /** Ed25519, in base64url. */
  readonly signature: string;
}

/** Signs what is written about the audit log. */
export interface AuditSigner {
  readonly keyId: string;
  sign(text: string): Signature;
}

const current = 'current';
const toContext = (keyId: string) => ['audit_keys', keyId];

/** The signer of this store. Its key is made once; anew where the present encryption keys do not open it. */
export async function openAuditSigner(connection: Connection, boxes: OwnerBoxes): Promise<AuditSigner> {
  const keys = auditKeys(connection);
  for (;;) {
    const stored = await keys.findById(current).lean();
    const der = stored === null ? undefined : await openSealed(stored, boxes);
    if (stored !== null && der !== undefined) {
      const key = createPrivateKey({ key: Buffer.from(der, 'base64url'), format: 'der', type: 'pkcs8' });
      const { keyId } = stored;
      return {
        keyId,
        sign: (message) => ({
          keyId,
          signature: sign(null, Buffer.from(message), key).toString('base64url'),
        }),
      };
    }
    // Before the stored one is replaced: it rejects where nothing can be sealed now.
    const made = await makeKey(boxes);
    if (stored !== null) {
      const former = { keyId: stored.keyId, publicKey: stored.publicKey, sealed: null, at: stored.at };
      await keys.updateOne({ _id: stored.keyId }, { $set: former }, { upsert: true });
      await keys.deleteOne({ _id: current, keyId: stored.keyId });
    }
    try {
      await keys.create(made);
    } catch (error) {
      // Another process has made it at the same time.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

/** Names a public key. */
export function computeAuditKeyId(publicKey: string): string {
  return hash('sha256', publicKey, 'hex').slice(0, 16);
}

async function makeKey(boxes: OwnerBoxes): Promise<AuditKeyRecord> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const keyId = computeAuditKeyId(spki);
  const der = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url');
  const sealed = (await boxes.of(meshOwner)).seal(der, toContext(keyId));
  return { _id: current, keyId, publicKey: spki, sealed, at: new Date() };
}

/** Undefined: no key at hand opens it. Rejects where that is not known now, such as with OVERLOADED while the root key cannot be reached. */
async function openSealed({ keyId, sealed }: AuditKeyRecord, boxes: OwnerBoxes): Promise<string | undefined> {
  try {
    return sealed === null ? undefined : await boxes.open(sealed, toContext(keyId));
  } catch (error) {
    expectError(error, CannotOpen);
    return undefined;
  }
}

/**
 * Seals the private key with the present data key of the mesh. Returns whether it was sealed with another key. Where none at hand opens it,
 * its data key is added to `left`.
 */
export async function resealAuditKey(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<boolean> {
  const stored = await auditKeys(connection).findById(current).lean();
  const box = await boxes.of(meshOwner);
  if (stored?.sealed == null || box.isCurrent(stored.sealed)) return false;
  const der = await openSealed(stored, boxes);
  if (der === undefined) {
    addDataKeyId(left, stored.sealed);
    return false;
  }
  const sealed = box.seal(der, toContext(stored.keyId));
  const same = { _id: current, sealed: stored.sealed };
  return (await auditKeys(connection).updateOne(same, { $set: { sealed } })).modifiedCount === 1;
}

/** The public keys that this store has signed with, by id; the current one is the last. */
export async function readAuditKeys(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const stored = await auditKeys(connection).find().sort({ at: 1 }).lean();
  return new Map(stored.map(({ keyId, publicKey }) => [keyId, publicKey]));
}

/** Whether the text was signed with one of these public keys. */
export function isSignedBy(
  keys: ReadonlyMap<string, string>,
  message: string,
  { keyId, signature }: Signature,
): boolean {
  const key = keys.get(keyId);
  if (key === undefined) return false;
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(message), publicKey, Buffer.from(signature, 'base64url'));
}
