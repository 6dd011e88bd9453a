import type { Connection } from 'mongoose';
import { defineCollection } from '../collection.ts';
import { toCanonicalText } from './chain.ts';
import { type AuditSigner, isSignedBy, type Signature } from './keys.ts';

/** What stands for the beginning of a chain that retention has removed. */
export interface AuditCheckpoint extends Signature {
  /** The chain. */
  readonly _id: string;
  /** The last record that was removed. */
  readonly sequence: number;
  readonly hash: string;
  /** Changes that began before were removed; null: of counts, which expire one by one. */
  readonly before: Date | null;
  readonly at: Date;
}

const text = { type: String, required: true };

const auditCheckpoints = defineCollection<AuditCheckpoint>('audit_checkpoints', {
  _id: text,
  sequence: { type: Number, required: true },
  hash: text,
  before: { type: Date, default: null },
  at: { type: Date, required: true },
  keyId: text,
  signature: text,
});

type Unsigned = Omit<AuditCheckpoint, keyof Signature>;

const toSignedText = ({ _id, sequence, hash, before, at }: Unsigned) =>
  toCanonicalText({ _id, sequence, hash, before, at });

/** Stores the checkpoint, before its records are removed. */
export async function saveCheckpoint(
  connection: Connection,
  checkpoint: Unsigned,
  signer: AuditSigner,
): Promise<void> {
  const { _id, ...change } = checkpoint;
  const signed = { ...change, ...signer.sign(toSignedText(checkpoint)) };
  await auditCheckpoints(connection).updateOne({ _id }, { $set: signed }, { upsert: true });
}

/** The checkpoints by chain, and those whose signature none of the keys has made. */
export async function readCheckpoints(
  connection: Connection,
  keys: ReadonlyMap<string, string>,
): Promise<{
  readonly valid: ReadonlyMap<string, AuditCheckpoint>;
  readonly forged: readonly AuditCheckpoint[];
}> {
  const stored = await auditCheckpoints(connection).find().lean<AuditCheckpoint[]>();
  const isValid = (checkpoint: AuditCheckpoint) => isSignedBy(keys, toSignedText(checkpoint), checkpoint);
  return {
    valid: new Map(stored.filter(isValid).map((checkpoint) => [checkpoint._id, checkpoint])),
    forged: stored.filter((checkpoint) => !isValid(checkpoint)),
  };
}
