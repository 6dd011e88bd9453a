import { toCanonicalText } from './chain.ts';
import { type AuditSigner, isSignedBy } from './keys.ts';
import type { AuditErasure, AuditRecord } from './log.ts';

/** A record, perhaps one that was erased. */
type Erasable = object & { readonly erased?: AuditErasure | undefined };

/** What is signed: the whole record as it is now, with the hash that it had before. */
function toSignedText(record: Erasable, at: Date | string): string {
  return toCanonicalText({ ...record, erased: { at } });
}

/**
 * The record without its actor, target, arguments, states and request. What happened, when, with which outcome and in which place of its
 * chain stays.
 */
export function toErasedRecord(record: AuditRecord, at: Date, signer: AuditSigner): AuditRecord {
  const { clientRequestId: _, ...rest } = record;
  const erased = {
    ...rest,
    actor: { kind: record.actor.kind, keyId: null, appId: null, subject: null },
    ...{
      targetId: null,
      arguments: null,
      before: null,
      after: null,
      requestId: 'erased',
      clientAddress: null,
    },
  };
  return { ...erased, erased: { at, ...signer.sign(toSignedText(erased, at)) } };
}

/** Whether one of the keys has signed that the record was erased, and it is as it was then. */
export function isErasureSigned(record: Erasable, keys: ReadonlyMap<string, string>): boolean {
  const { erased } = record;
  return erased !== undefined && isSignedBy(keys, toSignedText(record, erased.at), erased);
}
